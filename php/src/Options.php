<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What a vault is opened with.
 */
final class Options
{
    /**
     * @param string                         $path         the store's directory; made (0700) if its parent exists
     * @param string                         $site         the site that opens it, such as its home URL; a store that is
     *                                                     made belongs to it, and another site's is refused
     * @param Keys|null                      $keys         the keys; without them, the key file, made at first use
     * @param string|null                    $keyFile      where the key file lies; without it, the library's own choice
     * @param string|null                    $storeId      the id that the store has to have
     * @param bool|null                      $create       whether a store may be made where none is; without it, only
     *                                                     where no id is expected
     * @param string|null                    $documentRoot what the web server serves: the store must lie outside
     * @param int|null                       $patienceMs   how long to wait for others, in milliseconds (5000)
     * @param array<string, mixed>|null      $catalogue    further providers, in the catalogue's form
     * @param bool|string|null               $clone        whether another site's store is opened too, as a copy in
     *                                                     which nothing is refreshed or revoked until Vault::adopt();
     *                                                     "read" for one in which nothing is changed at all till then
     *
     * @SuppressWarnings(PHPMD.ExcessiveParameterList) as many as the library has, each by its name
     */
    public function __construct(
        public readonly string $path,
        public readonly string $site,
        #[\SensitiveParameter] public readonly ?Keys $keys = null,
        public readonly ?string $keyFile = null,
        public readonly ?string $storeId = null,
        public readonly ?bool $create = null,
        public readonly ?string $documentRoot = null,
        public readonly ?int $patienceMs = null,
        public readonly ?array $catalogue = null,
        public readonly bool|string|null $clone = null,
    ) {
    }

    /**
     * As the header describes them, and `keys`.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return array_filter([
            'path' => $this->path,
            'site' => $this->site,
            'keys' => $this->keys,
            'key_file' => $this->keyFile,
            'store_id' => $this->storeId,
            'create' => $this->create,
            'document_root' => $this->documentRoot,
            'patience_ms' => $this->patienceMs,
            'catalogue' => $this->catalogue,
            'clone' => $this->clone,
        ], static fn (mixed $value): bool => $value !== null);
    }
}
