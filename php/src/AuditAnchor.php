<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Native\Json;

/**
 * Where the audit had come to at a time: to be kept outside the store, in an option or a log. It is no secret.
 */
final class AuditAnchor
{
    /** When it was taken, in Unix seconds. */
    public readonly int $at;

    /**
     * @internal
     *
     * @param array<string, mixed> $anchor as the library gives it
     */
    public function __construct(private readonly array $anchor)
    {
        $this->at = $anchor['at'];
    }

    /**
     * One that toJson() wrote.
     */
    public static function fromJson(string $json): self
    {
        $anchor = json_decode($json, true);
        if (!is_array($anchor) || !is_int($anchor['at'] ?? null)) {
            throw new InvalidArgumentException('anchor: has to be what AuditAnchor::toJson() wrote.');
        }
        return new self($anchor);
    }

    /**
     * As a text to keep.
     */
    public function toJson(): string
    {
        return Json::encode($this->anchor);
    }

    /**
     * As the header describes it.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return $this->anchor;
    }
}
