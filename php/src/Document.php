<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Secret;

/**
 * The document of a connection or an app config: a JSON object with all that the provider handed over, secrets too.
 *
 * Its bytes are kept exactly. They show in no dump or trace of this object, which cannot be serialised either; they
 * only leave through the methods below.
 */
final class Document
{
    private readonly Secret $json;

    private function __construct(#[\SensitiveParameter] string $json)
    {
        $this->json = new Secret($json);
    }

    /**
     * From a PHP array. An empty one is `[]`, which the library takes for the empty document.
     *
     * @param array<array-key, mixed> $members
     *
     * @throws Exception\InvalidDocumentException where JSON cannot hold it (invalid UTF-8, NAN, INF, recursion)
     */
    public static function fromArray(#[\SensitiveParameter] array $members): self
    {
        return new self(Json::encode($members));
    }

    /**
     * From JSON, stored byte for byte. The library checks it when it is saved.
     */
    public static function fromJson(#[\SensitiveParameter] string $json): self
    {
        return new self($json);
    }

    /**
     * From either.
     *
     * @internal
     *
     * @param self|array<array-key, mixed> $document
     */
    public static function of(#[\SensitiveParameter] self|array $document): self
    {
        return $document instanceof self ? $document : self::fromArray($document);
    }

    /**
     * The bytes.
     */
    public function toJson(): string
    {
        return $this->json->reveal();
    }

    /**
     * The document as a PHP array.
     *
     * PHP has one empty array where JSON has two: an empty object inside, `{}`, becomes `[]`, and is saved as `[]`
     * from the array. Integers beyond PHP's become floats. `toJson()` loses neither.
     *
     * @return array<array-key, mixed>
     */
    public function toArray(): array
    {
        return Json::decode($this->json->reveal());
    }

    /**
     * One top-level member as toArray() gives it; null where there is none. For several, take toArray() once.
     */
    public function get(string $name): mixed
    {
        return $this->toArray()[$name] ?? null;
    }

    /**
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return $this->json->__debugInfo();
    }
}
