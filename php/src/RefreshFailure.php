<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What a callable of Vault::refresh() returns where it got no tokens. The catalogue knows which refusals are final.
 */
final class RefreshFailure
{
    /**
     * @param array<string, mixed> $answer as the header describes it
     */
    private function __construct(private readonly array $answer)
    {
    }

    /**
     * The provider answered, and not with tokens.
     *
     * @param int         $status     the HTTP status
     * @param string|null $error      the answer's `error`, such as `invalid_grant`; where that is an object, its `code`
     * @param int|null    $retryAfter the answer's Retry-After, in seconds
     */
    public static function answered(int $status, ?string $error = null, ?int $retryAfter = null): self
    {
        $answer = ['status' => $status, 'error' => $error, 'retry_after' => $retryAfter];
        return new self(array_filter($answer, static fn (mixed $value): bool => $value !== null));
    }

    /**
     * The provider answered with an error; which status that had is not known.
     */
    public static function refused(string $error): self
    {
        return new self(['error' => $error]);
    }

    /**
     * No answer, or none that could be read: it may have renewed them all the same.
     */
    public static function unanswered(): self
    {
        return new self([]);
    }

    /**
     * These tokens cannot be renewed.
     */
    public static function unsupported(): self
    {
        return new self(['unsupported' => true]);
    }

    /**
     * @internal
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return $this->answer;
    }
}
