<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\Exception as Thrown;
use DataMachine\Connections\Exception\ConnectionsException;

/**
 * What is wrong, and what to do: found by a look, or thrown by the library. Without a secret.
 *
 * It is made before WordPress has loaded its translations, so its words are looked up when they are shown.
 */
final class Problem
{
    public const FFI_MISSING = 'ffi_missing';
    public const FFI_FORBIDDEN = 'ffi_forbidden';
    public const LIBRARY_MISSING = 'library_missing';
    public const KEY_MISSING = 'key_missing';
    public const STORE_MISSING = 'store_missing';
    public const OTHER_SERVER = 'other_server';
    public const OTHER_USER = 'wrong_user';
    public const ANCHOR_DAMAGED = 'anchor_damaged';
    public const NOT_ON_NETWORK = 'not_on_network';
    public const PLACE_RELATIVE = 'place_relative';
    public const PLACE_NOT_WRITABLE = 'place_not_writable';
    public const PUT_BACK = 'put_back';
    public const READ_ONLY = 'read_only';
    public const UNEXPECTED = 'unexpected';

    /** The codes of what the library and its client throw. */
    private const CODES = [
        Thrown\ExtensionMissingException::class => self::FFI_MISSING,
        Thrown\FfiForbiddenException::class => self::FFI_FORBIDDEN,
        Thrown\LibraryMissingException::class => self::LIBRARY_MISSING,
        Thrown\LibraryMismatchException::class => 'library_mismatch',
        Thrown\ReloadRequiredException::class => 'reload_required',
        Thrown\MissingKeyException::class => self::KEY_MISSING,
        Thrown\WrongKeyException::class => 'wrong_key',
        Thrown\InvalidKeyException::class => 'invalid_key',
        Thrown\KeyUnavailableException::class => 'key_unavailable',
        Thrown\MissingDirectoryException::class => self::STORE_MISSING,
        Thrown\StoreMissingException::class => self::STORE_MISSING,
        Thrown\StoreMismatchException::class => 'store_mismatch',
        Thrown\StoreReplacedException::class => 'store_replaced',
        Thrown\StoreNewerException::class => 'store_newer',
        Thrown\NotAStoreException::class => 'not_a_store',
        Thrown\CorruptException::class => 'corrupt',
        Thrown\PermissionsException::class => 'permissions',
        Thrown\WrongUserException::class => self::OTHER_USER,
        Thrown\InDocumentRootException::class => 'in_document_root',
        Thrown\NetworkFileSystemException::class => 'network_file_system',
        Thrown\DiskFullException::class => 'disk_full',
        Thrown\InputOutputException::class => 'input_output',
        Thrown\BusyException::class => 'busy',
        Thrown\SiteMismatchException::class => 'cloned_site',
        Thrown\ClonedSiteException::class => 'cloned_site',
    ];

    /**
     * @param string                $code      stable
     * @param list<string|int>      $arguments what the words are about
     * @param list<string>          $typed     lines to type
     * @param string|null           $words     the message, where somebody else has said it
     */
    public function __construct(
        public readonly string $code,
        private readonly array $arguments = [],
        private readonly array $typed = [],
        private readonly ?string $words = null,
    ) {
    }

    /**
     * Of what was thrown. Of what others throw nobody knows whether it may be shown: only its kind is told.
     */
    public static function of(#[\SensitiveParameter] \Throwable $thrown): self
    {
        if ($thrown instanceof Refusal) {
            return new self($thrown->reason, words: $thrown->getMessage());
        }
        if ($thrown instanceof ConnectionsException) {
            // The library passes on what the system says, in its words.
            $readOnly = str_contains($thrown->getMessage(), 'Read-only file system');
            if ($readOnly) {
                return new self(self::READ_ONLY, [$thrown->getMessage()]);
            }
            $mend = $thrown->mend();
            $code = self::CODES[$thrown::class] ?? self::UNEXPECTED;
            return new self($code, typed: $mend === null ? [] : [$mend], words: $thrown->getMessage());
        }
        $where = basename($thrown->getFile()) . ':' . $thrown->getLine();
        return new self(self::UNEXPECTED, [$thrown::class, $where]);
    }

    /**
     * What is wrong and what to do, for a person; plain text.
     */
    public function message(): string
    {
        return $this->words ?? vsprintf($this->sentence(), $this->arguments);
    }

    /**
     * The lines to type or to put into a file, in order.
     *
     * @return list<string>
     */
    public function lines(): array
    {
        return $this->typed !== [] ? $this->typed : match ($this->code) {
            self::FFI_MISSING => ['phpenmod ffi'],
            self::FFI_FORBIDDEN => [
                'ffi.enable=preload',
                'opcache.preload=' . dirname(__DIR__, 2) . '/preload.php',
                'opcache.preload_user=' . Place::webUser(),
            ],
            self::KEY_MISSING => ["define('" . KeySource::NAME . "', '...');"],
            self::OTHER_USER => ['sudo -u ' . ($this->arguments[0] ?? Place::webUser()) . ' wp ...'],
            default => [],
        };
    }

    /**
     * The same to be thrown; callers of the drop-in classes are told it.
     */
    public function exception(): Refusal
    {
        return new Refusal($this->code, $this->message());
    }

    // phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
    private function sentence(): string
    {
        return match ($this->code) {
            self::FFI_MISSING => __("PHP's FFI extension is not loaded. Enable it and restart PHP.", 'datamachine-connections'),
            self::FFI_FORBIDDEN => __('php.ini forbids FFI here. Have PHP preload one file of this plugin (the lines belong into php.ini), then restart PHP.', 'datamachine-connections'),
            /* translators: %s: directories. */
            self::LIBRARY_MISSING => __('The library libdm_connections is not there. Install the plugin again. It was looked for in: %s.', 'datamachine-connections'),
            /* translators: 1: a constant's name, 2: "constant", "environment" or the path of a file. */
            self::KEY_MISSING => __('The key of the connections is not there: it was given by %2$s. Put it back, or define %1$s in wp-config.php.', 'datamachine-connections'),
            /* translators: %s: a directory. */
            self::STORE_MISSING => __('The store of the connections is not in %s. Put it back from its backup. None is made anew: that would lose all connections in silence.', 'datamachine-connections'),
            /* translators: 1: name of the server, 2: name of this server. */
            self::OTHER_SERVER => __('The store of the connections belongs to the server %1$s, and this is %2$s. Each server would go its own way with the same accounts. If the site has moved here, say so on the Connections page.', 'datamachine-connections'),
            /* translators: %s: name of a user of the operating system. */
            self::OTHER_USER => __('The files of this site are those of the user %s: run this as that user. What another one makes would lock the web server out.', 'datamachine-connections'),
            /* translators: 1: name of an option, 2: what it lacks. */
            self::ANCHOR_DAMAGED => __('The option %1$s is damaged: it has no %2$s. Put it back from a backup of the database.', 'datamachine-connections'),
            self::NOT_ON_NETWORK => __('Data Machine Connections is active on some blogs of this network only, but all of them have their connections in common. Activate it for the network.', 'datamachine-connections'),
            /* translators: 1: a constant's name, 2: its value. */
            self::PLACE_RELATIVE => __('The place of the connections has to be an absolute path, and is %s.', 'datamachine-connections'),
            /* translators: 1: a directory, 2: the one of them that is there. */
            self::PLACE_NOT_WRITABLE => __('The directory %1$s cannot be made: %2$s is not to be written to.', 'datamachine-connections'),
            /* translators: %s: what the operating system said. */
            self::READ_ONLY => __('The store of the connections lies on a file system that is not to be written to. Make it writable: its locks lie there too, so nothing is read or saved until then (%s).', 'datamachine-connections'),
            self::PUT_BACK => __('The store of the connections is an earlier one: it was put back. Tokens that were renewed since may be dead. If it was you who put it back, say so on the Connections page.', 'datamachine-connections'),
            /* translators: 1: name of a PHP class, 2: name of a file and number of a line. */
            default => __('Something unexpected went wrong: a %1$s in %2$s. Its message is not repeated here.', 'datamachine-connections'),
        };
    }
}
