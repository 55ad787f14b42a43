<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Secret;

/**
 * What a callable of Vault::refresh() has to know. Times are Unix seconds, by the store's clock.
 */
final class RefreshRequest
{
    /** What is known about the connection. */
    public readonly Connection $connection;
    /** The app config to renew with: the owner's, or else the site's; null where neither has one. */
    public readonly ?Document $config;
    /** The `grant_type`; null where the catalogue does not know it. */
    public readonly ?string $grantType;
    /** Which of the account's members is handed in. */
    public readonly string $spends;
    public readonly int $now;
    /** By when an answer is sure to be stored. */
    public readonly int $deadline;
    /** Whether an earlier answer may have been lost, and what is handed in with it: then this is the one last try. */
    public readonly bool $lost;
    private readonly Secret $token;
    private ?int $savedAs = null;

    /**
     * @internal
     *
     * @param array<string, mixed> $told as the library gives it
     */
    public function __construct(
        array $told,
        #[\SensitiveParameter] string $document,
        #[\SensitiveParameter] string $config,
    ) {
        $this->connection = new Connection($told['about'], Document::fromJson($document));
        $this->config = $config === '' ? null : Document::fromJson($config);
        $this->grantType = $told['grant_type'] ?? null;
        $this->spends = $told['spends'];
        $this->now = $told['now'];
        $this->deadline = $told['lease']['expires_at'];
        $this->lost = $told['lease']['lost'];
        $token = $this->connection->document->get($this->spends);
        $this->token = new Secret(is_scalar($token) ? (string) $token : '');
    }

    /**
     * What is handed in.
     */
    public function token(): string
    {
        return $this->token->reveal();
    }

    /**
     * Says that the callable saved the account itself meanwhile (`SaveOptions::$renewed`), and as which revision: what
     * it returns is then laid over that. Any other save of the account turns away what it returns.
     */
    public function savedAs(int $revision): void
    {
        $this->savedAs = $revision;
    }

    /**
     * @internal
     *
     * @return array<string, mixed> the options of the commit
     */
    public function commitOptions(): array
    {
        return $this->savedAs === null ? [] : ['if_revision' => $this->savedAs];
    }
}
