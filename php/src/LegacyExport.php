<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Secret;

/**
 * The old option, rebuilt.
 *
 * By the old plug-in's rules only some members are sealed, so most of it is plaintext: it shows in no dump or trace
 * of this object, which cannot be serialised, and only leaves through the methods below. Store it nowhere but in the
 * option.
 */
final class LegacyExport
{
    private readonly Secret $option;

    /**
     * @internal
     */
    public function __construct(
        #[\SensitiveParameter] string $option,
        public readonly LegacyFormat $format,
        public readonly ExportReport $report,
    ) {
        $this->option = new Secret($option);
    }

    /**
     * The bytes, in the format that was asked for.
     */
    public function bytes(): string
    {
        return $this->option->reveal();
    }

    /**
     * The array. Objects in it, which nobody but another plug-in can have put there, are not instantiated.
     *
     * @return array<array-key, mixed>
     */
    public function toArray(): array
    {
        $bytes = $this->option->reveal();
        return $this->format === LegacyFormat::Json
            ? Json::decode($bytes)
            : (array) unserialize($bytes, ['allowed_classes' => false]);
    }

    /**
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return $this->option->__debugInfo() + ['format' => $this->format, 'report' => $this->report];
    }
}
