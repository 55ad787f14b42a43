<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Exception\InvalidArgumentException;

/**
 * What came of asking a provider to end an access: what the callable of Vault::disconnect() returns.
 */
final class RevocationAnswer
{
    private const LONGEST_REASON = 255;

    private function __construct(public readonly AtProvider $atProvider, public readonly ?string $reason = null)
    {
    }

    /**
     * The provider ended the access, or knows nothing of it any more.
     */
    public static function revoked(): self
    {
        return new self(AtProvider::Revoked);
    }

    /**
     * The provider has no way to be asked.
     */
    public static function unsupported(): self
    {
        return new self(AtProvider::Unsupported);
    }

    /**
     * The provider was asked and did not end the access, or no answer came.
     *
     * @param string $reason a short code such as `http_500`, at most 255 bytes; never a secret, and so not the answer's
     *                       body
     */
    public static function failed(#[\SensitiveParameter] string $reason): self
    {
        if (strlen($reason) > self::LONGEST_REASON || preg_match('/^\P{Cc}+$/Du', $reason) !== 1) {
            throw new InvalidArgumentException('reason: 1 to 255 bytes of UTF-8 without control characters.');
        }
        return new self(AtProvider::Failed, $reason);
    }

    /**
     * For what was thrown instead of an answer. Its class alone is told: the message may quote the request, and the
     * token in it.
     *
     * @internal
     */
    public static function thrown(\Throwable $thrown): self
    {
        $class = (string) preg_replace('/[^\x21-\x7e]/', '?', get_debug_type($thrown));
        return new self(AtProvider::Failed, substr($class, 0, self::LONGEST_REASON));
    }
}
