<?php
// Prints every account and config of an option with its envelopes opened: its path, a tab, and its JSON as PHP writes it.

declare(strict_types=1);

function owned(array $path, array $slots): void
{
    foreach (array_intersect_key($slots, ['config' => 1, 'account' => 1]) as $slot => $document) {
        show([...$path, $slot], $document);
    }
    foreach ($slots['accounts'] ?? [] as $name => $document) {
        show([...$path, 'accounts', $name], $document);
    }
}

function show(array $path, array $document): void
{
    $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR;
    echo implode(' ', $path), "\t", json_encode($document, $flags), "\n";
}

$option = json_decode(stream_get_contents(STDIN), true, flags: JSON_THROW_ON_ERROR);
foreach ($option as $slug => $provider) {
    owned([$slug], $provider);
    foreach ($provider['principals'] ?? [] as $principal => $slots) {
        owned([$slug, 'principals', $principal], $slots);
    }
}
