<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What a store says of itself.
 */
final class StoreInfo
{
    public readonly string $storeId;
    /** The site that it belongs to. */
    public readonly string $site;
    /** Whether that is another site than the one that opened it: nothing is refreshed or revoked here. */
    public readonly bool $clone;
    public readonly string $engine;
    public readonly string $path;
    public readonly int $createdAt;
    public readonly int $schema;
    /** @var list<KeyInfo> */
    public readonly array $keys;
    /** The key file in use, if any. */
    public readonly ?string $keyFile;
    public readonly int $connections;
    public readonly int $configs;
    /** Pieces of an import that are kept sealed for the way back. */
    public readonly int $kept;
    /** How many transactions ever wrote to it. */
    public readonly int $writes;
    /** The library's version. */
    public readonly string $version;

    /**
     * @internal
     *
     * @param array<string, mixed> $info as the library gives it
     */
    public function __construct(array $info)
    {
        $this->storeId = $info['store_id'];
        $this->site = $info['site'];
        $this->clone = $info['clone'];
        $this->engine = $info['engine'];
        $this->path = $info['path'];
        $this->createdAt = $info['created_at'];
        $this->schema = $info['schema'];
        $this->keys = array_map(static fn (array $key) => new KeyInfo($key), $info['keys']);
        $this->keyFile = $info['key_file'];
        $this->connections = $info['counts']['connections'];
        $this->configs = $info['counts']['configs'];
        $this->kept = $info['counts']['kept'];
        $this->writes = $info['writes'];
        $this->version = $info['version'];
    }

    /**
     * Whether nothing that somebody could miss is in it.
     */
    public function isEmpty(): bool
    {
        return $this->connections + $this->configs + $this->kept === 0;
    }
}
