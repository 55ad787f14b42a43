<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Exception\ExtensionMissingException;
use DataMachine\Connections\Exception\FfiForbiddenException;
use DataMachine\Connections\Exception\InternalException;
use DataMachine\Connections\Exception\LibraryMismatchException;
use DataMachine\Connections\Exception\LibraryMissingException;
use DataMachine\Connections\Exception\ReloadRequiredException;

/**
 * libdm_connections: finds it, loads it, calls it.
 *
 * The only file that names FFI. It takes neither a path nor a header from its callers and looks for the library itself,
 * so that preloading it opens no other way to FFI. One method per function of the library; buffers and errors are
 * turned into strings and exceptions here, and freed.
 *
 * @internal
 */
final class Library
{
    /** Which release this file is of: compared with the library's, and with `Release` in case this file is preloaded. */
    public const VERSION = '0.1.0';

    /** The php.ini entry with the library's absolute path. Neither ini_set() nor .user.ini can change it. */
    public const SETTING = 'dm_connections.library';

    private const ABI_MAJOR = 0;
    private const ABI_MINOR = 1;

    /** By which the loader finds what it has mapped, wherever that came from. */
    private const SONAME = 'libdm_connections.so.0';

    /** What every release has, whatever else its header declares. */
    private const VERSIONS = 'uint32_t dm_abi_version(void); const char *dm_version(void);';

    /** What a call can fill, see outputs(). */
    private const BUFFERS = ['first', 'second', 'third'];

    private const OK = 0;
    private const NOT_FOUND = 5;

    private static ?\FFI $ffi = null;

    /** @var array<string, object>|null out-parameters that no call is using, see outputs() */
    private static ?array $spare = null;

    /** An empty keyring. */
    public static function keyringNew(): Handle
    {
        return self::open('dm_keyring_new', 'dm_keyring *', 'dm_keyring_free', []);
    }

    /** Adds a key: its bytes, its text, or a file or command (program and arguments, a JSON list) that gives it. */
    public static function keyringAdd(Handle $keyring, string $kind, #[\SensitiveParameter] string $value): void
    {
        self::call(match ($kind) {
            'raw' => 'dm_keyring_add_raw',
            'base64' => 'dm_keyring_add_base64',
            'file' => 'dm_keyring_add_file',
            'command' => 'dm_keyring_add_command',
            'new file' => 'dm_keyring_make_file',
        }, [$keyring, $value], []);
    }

    /** Opens a store; without a keyring, with the key file. */
    public static function storeOpen(string $options, ?Handle $keyring): Handle
    {
        return self::open('dm_store_open', 'dm_store *', 'dm_store_close', [$options, $keyring]);
    }

    /** What the store says of itself. */
    public static function storeInfo(Handle $store): string
    {
        return self::ask('dm_store_info', [$store]);
    }

    /** Makes the site that opened the store the one that it belongs to. */
    public static function storeAdopt(Handle $store): string
    {
        return self::ask('dm_store_adopt', [$store]);
    }

    /**
     * @param array{string, string, string} $row provider, owner and account
     *
     * @return array{string, string}|null the document, and what is known about it; null where there is none
     */
    public static function connectionGet(Handle $store, array $row): ?array
    {
        return self::call('dm_conn_get', [$store, ...$row], ['first', 'second'], self::NOT_FOUND);
    }

    /** Writes a whole document. */
    public static function connectionSave(
        Handle $store,
        array $row,
        #[\SensitiveParameter] string $document,
        string $options,
    ): string {
        return self::ask('dm_conn_save', [$store, ...$row, $document, $options]);
    }

    /** Writes some top-level members of a document. */
    public static function connectionMerge(
        Handle $store,
        array $row,
        #[\SensitiveParameter] string $patch,
        string $options,
    ): string {
        return self::ask('dm_conn_merge', [$store, ...$row, $patch, $options]);
    }

    /** Deletes a connection. */
    public static function connectionDelete(Handle $store, array $row, string $options): string
    {
        return self::ask('dm_conn_delete', [$store, ...$row, $options]);
    }

    /** Destroys a connection after its provider was asked, with a receipt. */
    public static function connectionDisconnect(Handle $store, array $row, string $options): string
    {
        return self::ask('dm_conn_disconnect', [$store, ...$row, $options]);
    }

    /** Changes a status and says why. */
    public static function connectionSetStatus(Handle $store, array $row, string $status, string $cause): string
    {
        return self::ask('dm_conn_set_status', [$store, ...$row, $status, $cause]);
    }

    /**
     * Whether tokens are due to be renewed, and if so the lease.
     *
     * @param array{string, string, string} $row provider, owner and account
     *
     * @return array{?Handle, string, string, string} the lease, where it was granted; what came of it; the document and
     *                                                the app config, empty ones where there are none
     */
    public static function refreshBegin(Handle $store, array $row, string $options): array
    {
        $ffi = self::$ffi ?? self::load();
        $pointer = $ffi->new('dm_lease *');
        // Owned before it is there: whatever happens from then on, it is closed.
        $lease = self::owned($ffi, $pointer, 'dm_lease_close');
        $texts = self::call('dm_refresh_begin', [$store, ...$row, $options, \FFI::addr($pointer)], self::BUFFERS);
        return [\FFI::isNull($pointer) ? null : $lease, ...$texts ?? ['', '', '']];
    }

    /**
     * How a connection's renewals stand.
     *
     * @param array{string, string, string} $row provider, owner and account
     */
    public static function refreshStatus(Handle $store, array $row, string $options): string
    {
        return self::ask('dm_refresh_status', [$store, ...$row, $options]);
    }

    /** Stores renewed tokens. */
    public static function refreshCommit(Handle $lease, #[\SensitiveParameter] string $patch, string $options): string
    {
        return self::ask('dm_refresh_commit', [$lease, $patch, $options]);
    }

    /** Tells what came in place of tokens. */
    public static function refreshFail(Handle $lease, string $answer): string
    {
        return self::ask('dm_refresh_fail', [$lease, $answer]);
    }

    /** Gives a lease back: nothing was handed in. */
    public static function refreshRelease(Handle $lease): void
    {
        self::call('dm_refresh_release', [$lease], []);
    }

    /** Claims connections whose tokens are due. */
    public static function refreshDue(Handle $store, string $options): string
    {
        return self::ask('dm_refresh_due', [$store, $options]);
    }

    /** Lists connections, a page at a time. */
    public static function connectionFind(Handle $store, string $query): string
    {
        return self::ask('dm_conn_find', [$store, $query]);
    }

    /** What is connected, without decrypting anything. */
    public static function connectionStatus(Handle $store, string $provider, string $owner): string
    {
        return self::ask('dm_conn_status', [$store, $provider, $owner]);
    }

    /**
     * @param array{string, string} $row provider and owner
     *
     * @return array{string, string}|null the document, and what is known about it; null where there is none
     */
    public static function configGet(Handle $store, array $row): ?array
    {
        return self::call('dm_config_get', [$store, ...$row], ['first', 'second'], self::NOT_FOUND);
    }

    /** Writes a whole app config. */
    public static function configSave(
        Handle $store,
        array $row,
        #[\SensitiveParameter] string $document,
        string $options,
    ): string {
        return self::ask('dm_config_save', [$store, ...$row, $document, $options]);
    }

    /** Writes some top-level members of an app config. */
    public static function configMerge(
        Handle $store,
        array $row,
        #[\SensitiveParameter] string $patch,
        string $options,
    ): string {
        return self::ask('dm_config_merge', [$store, ...$row, $patch, $options]);
    }

    /** Deletes an app config. */
    public static function configDelete(Handle $store, array $row, string $options): string
    {
        return self::ask('dm_config_delete', [$store, ...$row, $options]);
    }

    /** Lists app configs, a page at a time. */
    public static function configFind(Handle $store, string $query): string
    {
        return self::ask('dm_config_find', [$store, $query]);
    }

    /** Deletes all that an owner has, of one provider or (empty) of all. */
    public static function ownerClear(Handle $store, string $owner, string $provider): string
    {
        return self::ask('dm_owner_clear', [$store, $owner, $provider]);
    }

    /** Lists audit records, a page at a time. */
    public static function auditQuery(Handle $store, string $query): string
    {
        return self::ask('dm_audit_query', [$store, $query]);
    }

    /** Verifies the audit chain and the rows, a page at a time. */
    public static function auditVerify(Handle $store, string $options): string
    {
        return self::ask('dm_audit_verify', [$store, $options]);
    }

    /** Where the audit chain has come to. */
    public static function auditAnchor(Handle $store): string
    {
        return self::ask('dm_audit_anchor', [$store]);
    }

    /** Deletes old audit records, a stretch at a time. */
    public static function auditPrune(Handle $store, string $options): string
    {
        return self::ask('dm_audit_prune', [$store, $options]);
    }

    /** What happened to connections, behind a consumer's cursor. */
    public static function eventsRead(Handle $store, string $consumer, string $options): string
    {
        return self::ask('dm_events_read', [$store, $consumer, $options]);
    }

    /** Moves a consumer's cursor on. */
    public static function eventsDone(Handle $store, string $consumer, string $cursor): void
    {
        self::call('dm_events_done', [$store, $consumer, $cursor], []);
    }

    /** Forgets a consumer. Says whether there was one. */
    public static function eventsForget(Handle $store, string $consumer): bool
    {
        return self::call('dm_events_forget', [$store, $consumer], [], self::NOT_FOUND) !== null;
    }

    /** Gives an agent a grant. */
    public static function grantCreate(Handle $store, string $grant): string
    {
        return self::ask('dm_grant_create', [$store, $grant]);
    }

    /** Takes back one grant, or (with an empty id) all that the options name. */
    public static function grantRevoke(Handle $store, string $id, string $options): string
    {
        return self::ask('dm_grant_revoke', [$store, $id, $options]);
    }

    /** Lists grants, a page at a time. */
    public static function grantList(Handle $store, string $query): string
    {
        return self::ask('dm_grant_list', [$store, $query]);
    }

    /** Whether a request may use a connection. */
    public static function grantCheck(Handle $store, string $request, string $wanted): string
    {
        return self::ask('dm_grant_check', [$store, $request, $wanted]);
    }

    /**
     * A credential, where a request may have it.
     *
     * @return array{string, string} the decision, and the credential; an empty one where it was refused
     */
    public static function connectionAcquire(Handle $store, string $request, string $wanted): array
    {
        return self::call('dm_conn_acquire', [$store, $request, $wanted], ['first', 'second']) ?? ['', ''];
    }

    /** Whether a provider's class may read a connection for a request. */
    public static function grantAdmit(Handle $store, string $request, string $wanted, string $mode): string
    {
        return self::ask('dm_grant_admit', [$store, $request, $wanted, $mode]);
    }

    /** What was refused to provider classes, and what would let it through. */
    public static function proposalList(Handle $store, string $query): string
    {
        return self::ask('dm_proposal_list', [$store, $query]);
    }

    /** Gives the grant that is proposed. */
    public static function proposalAccept(Handle $store, string $id, string $options): string
    {
        return self::ask('dm_proposal_accept', [$store, $id, $options]);
    }

    /** Forgets a proposal. */
    public static function proposalDismiss(Handle $store, string $id): void
    {
        self::call('dm_proposal_dismiss', [$store, $id], []);
    }

    /** Why, at length. */
    public static function grantExplain(Handle $store, string $question): string
    {
        return self::ask('dm_grant_explain', [$store, $question]);
    }

    /** The same for many tools at once. */
    public static function toolsResolve(Handle $store, string $request, string $tools): string
    {
        return self::ask('dm_tools_resolve', [$store, $request, $tools]);
    }

    /** Makes the keyring's first key the primary one. */
    public static function keyAdd(Handle $store, Handle $keyring): string
    {
        return self::ask('dm_key_add', [$store, $keyring]);
    }

    /** Wraps everything with the primary key. */
    public static function keyRewrap(Handle $store): string
    {
        return self::ask('dm_key_rewrap', [$store]);
    }

    /** Gives one provider or one row new data keys; the other of the two is empty. */
    public static function keyRenew(Handle $store, string $provider, string $id): string
    {
        return self::ask('dm_key_renew', [$store, $provider, $id]);
    }

    /**
     * A list of salts.
     *
     * @param list<string> $salts the present one first
     */
    public static function salts(#[\SensitiveParameter] array $salts): Handle
    {
        $handle = self::open('dm_salts_new', 'dm_salts *', 'dm_salts_free', []);
        foreach ($salts as $salt) {
            self::saltsAdd($handle, $salt);
        }
        return $handle;
    }

    /** Adds one salt; what is no text is refused here, where no trace shows it. */
    private static function saltsAdd(Handle $salts, #[\SensitiveParameter] string $salt): void
    {
        self::call('dm_salts_add', [$salts, $salt], []);
    }

    /** Seals one value as the old plug-in does, with the first salt. */
    public static function legacySeal(Handle $salts, #[\SensitiveParameter] string $value): string
    {
        return self::ask('dm_legacy_seal', [$salts, $value]);
    }

    /** Opens one of the old plug-in's envelopes. */
    public static function legacyOpen(Handle $salts, #[\SensitiveParameter] string $envelope): string
    {
        return self::ask('dm_legacy_open', [$salts, $envelope]);
    }

    /** Imports the old option. */
    public static function legacyImport(
        Handle $store,
        #[\SensitiveParameter] string $option,
        Handle $salts,
        string $options,
    ): string {
        return self::ask('dm_legacy_import', [$store, $option, $salts, $options]);
    }

    /**
     * Rebuilds the old option.
     *
     * @return array{string, string} the option, and what is known of it
     */
    public static function legacyExport(Handle $store, Handle $salts, string $options): array
    {
        return self::call('dm_legacy_export', [$store, $salts, $options], ['first', 'second']) ?? ['', ''];
    }

    /**
     * A call that fills one buffer.
     *
     * @param list<Handle|string> $arguments
     */
    private static function ask(string $function, #[\SensitiveParameter] array $arguments): string
    {
        return self::call($function, $arguments, ['first'])[0];
    }

    /**
     * A call that makes a handle.
     *
     * @param list<Handle|string|null> $arguments
     */
    private static function open(string $function, string $type, string $free, array $arguments): Handle
    {
        $ffi = self::$ffi ?? self::load();
        $handle = $ffi->new($type);
        self::call($function, [...$arguments, \FFI::addr($handle)], []);
        return self::owned($ffi, $handle, $free);
    }

    private static function owned(\FFI $ffi, object $pointer, string $free): Handle
    {
        return new Handle($pointer, static function (object $pointer) use ($ffi, $free): void {
            $ffi->$free($pointer);
        });
    }

    /**
     * Calls a function: strings go in as pointer and length, then come the buffers that it fills, and the error.
     *
     * @param list<Handle|string|object|null> $arguments
     * @param list<string>                    $buffers which of outputs() it fills
     * @param int|null                        $none    a status that means "there is none" and is no failure
     *
     * @return list<string>|null what the buffers held
     */
    private static function call(
        string $function,
        #[\SensitiveParameter] array $arguments,
        array $buffers,
        ?int $none = null,
    ): ?array {
        $ffi = self::$ffi ?? self::load();
        $passed = [];
        foreach ($arguments as $argument) {
            if (is_string($argument)) {
                $passed[] = $argument;
                $passed[] = strlen($argument);
                continue;
            }
            $passed[] = $argument instanceof Handle ? $argument->pointer() : $argument;
        }
        // Taken, not shared: a signal handler or a destructor may come in here before the buffers are read.
        $outputs = self::$spare ?? self::outputs($ffi);
        self::$spare = null;
        foreach ($buffers as $buffer) {
            $passed[] = $outputs["&{$buffer}"];
        }
        $passed[] = $outputs['&error'];
        try {
            $status = $ffi->$function(...$passed);
            if ($status === $none) {
                return null;
            }
            if ($status !== self::OK) {
                throw self::failure($ffi, $status, $outputs['error']);
            }
            $texts = [];
            foreach ($buffers as $buffer) {
                $texts[] = self::text($outputs[$buffer]);
            }
            return $texts;
        } catch (\FFI\Exception $refused) {
            // Not passed on: its trace holds the arguments of the call.
            throw new InternalException("{$function}: {$refused->getMessage()}.");
        } finally {
            self::release($ffi, $outputs, $buffers);
        }
    }

    /**
     * Room for what a call writes: buffers and an error, each with its address.
     *
     * @return array<string, object>
     */
    private static function outputs(\FFI $ffi): array
    {
        $outputs = [];
        foreach (array_fill_keys(self::BUFFERS, 'dm_buf') + ['error' => 'dm_error *'] as $name => $type) {
            $outputs[$name] = $ffi->new($type);
            $outputs["&{$name}"] = \FFI::addr($outputs[$name]);
        }
        return $outputs;
    }

    /** What a buffer holds; nothing where it was not filled. */
    private static function text(object $buffer): string
    {
        return $buffer->ptr === null ? '' : \FFI::string($buffer->ptr, $buffer->len);
    }

    /**
     * Frees what a call wrote, and keeps the room for the next call.
     *
     * @param array<string, object> $outputs
     * @param list<string>          $buffers
     */
    private static function release(\FFI $ffi, array $outputs, array $buffers): void
    {
        foreach ($buffers as $buffer) {
            if ($outputs[$buffer]->ptr !== null) {
                $ffi->dm_buf_free($outputs["&{$buffer}"]);
            }
        }
        if (!\FFI::isNull($outputs['error'])) {
            $ffi->dm_error_free($outputs['error']);
            return;
        }
        self::$spare = $outputs;
    }

    /** The exception for a status; its message comes from the library. */
    private static function failure(\FFI $ffi, int $status, object $error): ConnectionsException
    {
        if (\FFI::isNull($error)) {
            return ConnectionsException::of($status, "The library failed with status {$status}.", []);
        }
        $detail = Json::decode($ffi->dm_error_detail($error));
        return ConnectionsException::of($status, $ffi->dm_error_message($error), $detail);
    }

    /**
     * Loads the library.
     *
     * A worker keeps the library mapped for as long as it lives. What is mapped already is used again, found by its
     * symbols and not by its path: after an update the path leads to another file, and two libraries in one process
     * would each have their own stores and locks.
     */
    private static function load(): \FFI
    {
        if (!class_exists(\FFI::class, false)) {
            throw new ExtensionMissingException();
        }
        if (Release::VERSION !== self::VERSION) {
            throw new ReloadRequiredException(self::VERSION, Release::VERSION, 'Library.php is preloaded');
        }
        $mapped = self::declare(self::VERSIONS, null);
        $library = $mapped ?? self::find();
        $version = $library->dm_version();
        $abi = $library->dm_abi_version();
        if ($version !== self::VERSION || $abi >> 16 !== self::ABI_MAJOR || ($abi & 0xFFFF) < self::ABI_MINOR) {
            throw $mapped === null
                ? new LibraryMismatchException($version, self::VERSION)
                : new ReloadRequiredException($version, self::VERSION, 'the library is mapped into this process');
        }
        // What is mapped now, by its soname; without a name, each function would be looked for in all libraries.
        return self::$ffi = \FFI::cdef((string) file_get_contents(__DIR__ . '/dm_connections.h'), self::SONAME);
    }

    /**
     * Functions of the library at a path, or, without one, of what is mapped; null where they are not there.
     */
    private static function declare(string $functions, ?string $path): ?\FFI
    {
        try {
            return $path === null ? \FFI::cdef($functions) : \FFI::cdef($functions, $path);
        } catch (\FFI\Exception $refused) {
            if (str_contains($refused->getMessage(), 'ffi.enable')) {
                throw new FfiForbiddenException(dirname(__DIR__, 2) . '/preload.php');
            }
            return null;
        }
    }

    /**
     * Where php.ini says; without that, beside this package, then where `make install` and packages put it.
     */
    private static function find(): \FFI
    {
        $named = get_cfg_var(self::SETTING);
        if ($named !== false && (!is_string($named) || !str_starts_with($named, '/'))) {
            throw new LibraryMissingException(self::SETTING, []);
        }
        $package = dirname(__DIR__, 3);
        $system = php_uname('m') . '-linux-gnu/' . self::SONAME;
        $places = $named !== false ? [$named] : [
            "{$package}/lib/" . self::SONAME,
            "{$package}/build/lib/" . self::SONAME,
            '/usr/local/lib/' . self::SONAME,
            "/usr/local/lib/{$system}",
            '/usr/lib/' . self::SONAME,
            "/usr/lib/{$system}",
        ];
        foreach ($places as $place) {
            // Tried, not looked for: open_basedir hides from is_file() what may well be loaded.
            $library = self::declare(self::VERSIONS, $place);
            if ($library !== null) {
                return $library;
            }
        }
        throw new LibraryMissingException(self::SETTING, $places);
    }
}
