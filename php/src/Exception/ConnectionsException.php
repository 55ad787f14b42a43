<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * Everything that this package throws on purpose: one class per kind.
 *
 * The message is for a person and says what to do; the code is the library's `dm_status`, 0 where it was not reached.
 * Neither they nor the detail hold a secret.
 */
abstract class ConnectionsException extends \RuntimeException
{
    /** The class for each `dm_status`. */
    public const KINDS = [
        1 => InvalidArgumentException::class,
        2 => InvalidHandleException::class,
        3 => TooLargeException::class,
        4 => InvalidDocumentException::class,
        5 => NotFoundException::class,
        6 => ConflictException::class,
        7 => BusyException::class,
        8 => IntegrityException::class,
        9 => WrongKeyException::class,
        10 => MissingKeyException::class,
        11 => KeyUnavailableException::class,
        12 => InvalidKeyException::class,
        13 => InvalidTransitionException::class,
        14 => MissingDirectoryException::class,
        15 => StoreMissingException::class,
        16 => PermissionsException::class,
        17 => WrongUserException::class,
        18 => NetworkFileSystemException::class,
        19 => DiskFullException::class,
        20 => CorruptException::class,
        21 => NotAStoreException::class,
        22 => StoreNewerException::class,
        23 => StoreReplacedException::class,
        24 => StoreMismatchException::class,
        25 => SiteMismatchException::class,
        26 => InputOutputException::class,
        27 => InternalException::class,
        28 => ImportRefusedException::class,
        29 => InDocumentRootException::class,
        30 => LeaseLostException::class,
        31 => ClonedSiteException::class,
    ];

    /**
     * @param array<string, mixed> $detail
     */
    public function __construct(string $message, int $code = 0, private readonly array $detail = [])
    {
        parent::__construct($message, $code);
    }

    /**
     * The exception for an error of the library.
     *
     * @internal
     *
     * @param array<string, mixed> $detail
     */
    public static function of(int $status, string $message, array $detail): self
    {
        $class = self::KINDS[$status] ?? InternalException::class;
        return new $class($message, $status, $detail);
    }

    /**
     * Details for a program; which there are depends on the kind.
     *
     * @return array<string, mixed>
     */
    public function detail(): array
    {
        return $this->detail;
    }

    /**
     * The line to type that mends it, where there is one.
     */
    public function mend(): ?string
    {
        $mend = $this->detail['mend'] ?? null;
        return is_string($mend) ? $mend : null;
    }
}
