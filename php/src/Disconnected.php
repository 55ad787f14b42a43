<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What is true after a disconnection. `$note` says for a person what is left to do.
 */
final class Disconnected extends Receipt
{
    /** The id of another connection that took its place meanwhile, and was left alone. */
    public readonly ?string $present;
    public readonly AtProvider $atProvider;
    /**
     * Why it failed, or was not asked: a short code; `unreadable` where the connection does not open, `cloned_site`
     * where its tokens are a live site's as well.
     */
    public readonly ?string $reason;
    /** How consent is ended at the provider by hand, where that is known: the HTTP method. */
    public readonly ?string $revocationMethod;
    /** And its URL, in which a name in braces is a member of the account or the app config. */
    public readonly ?string $revocationUrl;
    /** Whether somebody had the right to renew it just then, and has it no more. */
    public readonly bool $lease;
    /** Whether its document was destroyed here, and its data key with it. */
    public readonly bool $destroyed;
    /** How many members of the old option that were held back beside it are gone. */
    public readonly int $heldBack;
    /** For a person: what older backups still hold. */
    public readonly string $backups;

    /**
     * @internal
     *
     * @param array<string, mixed> $result as the library gives it
     */
    public function __construct(array $result, ?\Throwable $thrown)
    {
        parent::__construct($result);
        $this->present = $result['present'];
        $this->atProvider = AtProvider::from($result['at_provider']);
        $this->reason = $result['reason'];
        $this->revocationMethod = $result['revocation']['method'] ?? null;
        $this->revocationUrl = $result['revocation']['url'] ?? null;
        $this->lease = $result['lease'];
        $this->destroyed = $result['destroyed']['document'] && $result['destroyed']['data_key'];
        $this->heldBack = $result['destroyed']['held_back'];
        $this->backups = $result['backups'];
        self::thrown()[$this] = $thrown;
    }

    /**
     * What was thrown while the provider was asked. Its message may hold what was sent: no dump of this object shows
     * it.
     */
    public function exception(): ?\Throwable
    {
        return self::thrown()[$this] ?? null;
    }

    /**
     * @return \WeakMap<self, ?\Throwable>
     */
    private static function thrown(): \WeakMap
    {
        static $thrown = new \WeakMap();
        return $thrown;
    }
}
