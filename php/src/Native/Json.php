<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\InvalidDocumentException;

/**
 * JSON in the form that the library exchanges.
 *
 * `JSON_THROW_ON_ERROR` is not used: the trace of such an exception holds the arguments of `json_encode()`, and so the
 * document.
 *
 * @internal
 */
final class Json
{
    private const FLAGS = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;

    /**
     * @param array<array-key, mixed> $value
     *
     * @throws InvalidDocumentException where JSON cannot hold the value; the message never quotes it
     */
    public static function encode(#[\SensitiveParameter] array $value): string
    {
        try {
            $json = json_encode($value, self::FLAGS);
            $problem = json_last_error_msg();
        } catch (\Throwable $thrown) {
            // Thrown by a JsonSerializable inside. Its trace runs through json_encode(), so it is not passed on.
            $json = false;
            $problem = get_class($thrown) . ' was thrown by an object in it';
        }
        if ($json === false) {
            throw new InvalidDocumentException("The array cannot be written as JSON: {$problem}.");
        }
        return $json;
    }

    /**
     * The same for what is no document: arguments and options.
     *
     * @param Arguments|array<array-key, mixed> $options
     *
     * @throws InvalidArgumentException where JSON cannot hold the value; the message never quotes it
     */
    public static function options(Arguments|array $options): string
    {
        try {
            return self::encode($options instanceof Arguments ? $options->toArray() : $options);
        } catch (InvalidDocumentException $refused) {
            throw new InvalidArgumentException($refused->getMessage());
        }
    }

    /**
     * @return array<array-key, mixed>
     *
     * @throws InvalidDocumentException where it is no JSON object or list; the message never quotes it
     */
    public static function decode(#[\SensitiveParameter] string $json): array
    {
        $value = json_decode($json, true);
        if (!is_array($value)) {
            $problem = json_last_error() === JSON_ERROR_NONE ? 'a single value' : json_last_error_msg();
            throw new InvalidDocumentException("This is no JSON object: {$problem}.");
        }
        return $value;
    }

    /**
     * A stored document as a PHP array, and the names of the members that are in quarantine and not in it.
     *
     * @param array{string, string}|null $row the document, and what is known about it; null where there is none
     *
     * @return array{array<array-key, mixed>, list<string>}|null
     */
    public static function members(#[\SensitiveParameter] ?array $row): ?array
    {
        if ($row === null) {
            return null;
        }
        // Hardly ever is there more to be decoded. In a text the quotes would be escaped, so this is the member.
        $none = str_contains($row[1], '"quarantined":[]');
        return [self::decode($row[0]), $none ? [] : self::decode($row[1])['quarantined']];
    }
}
