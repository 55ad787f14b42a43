<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

/**
 * This server, and the directory of the store on it: by these a store is told that is another server's.
 */
final class Host
{
    /** What a server calls itself where its name changes: `define('DATAMACHINE_CONNECTIONS_HOST', 'web-1');`. */
    public const NAME = 'DATAMACHINE_CONNECTIONS_HOST';

    /**
     * @param int|null $inode of the store's directory; null where it cannot be seen
     */
    public function __construct(public readonly string $name, public readonly ?int $inode)
    {
    }

    /**
     * This server.
     *
     * @param string $path the store's directory
     */
    public static function now(string $path): self
    {
        $named = defined(self::NAME) ? constant(self::NAME) : null;
        $name = is_string($named) && $named !== '' ? $named : (string) gethostname();
        // Silenced: what is not there, or hidden by open_basedir, has no number.
        $inode = @fileinode($path);
        return new self($name, $inode === false ? null : $inode);
    }

    /**
     * Whether this is another server than the anchor's: a container has a new name every day and the same volume, a
     * directory that was put back has a new number on the same server. Only who differs in both is another one.
     */
    public function isOther(Anchor $anchor): bool
    {
        return $this->name !== $anchor->host
            && $this->inode !== null
            && $anchor->inode !== null
            && $this->inode !== $anchor->inode;
    }

    /**
     * The anchor with this server in it.
     */
    public function in(Anchor $anchor): Anchor
    {
        return $anchor->with(host: $this->name, inode: $this->inode ?? $anchor->inode);
    }
}
