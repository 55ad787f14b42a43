<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * What a server answered.
 */
final class Response
{
    /**
     * @param array<string, list<string>> $headers by name in lower case
     */
    private function __construct(
        public readonly int $status,
        private readonly array $headers,
        public readonly string $body,
    ) {
    }

    public static function parse(string $bytes): self
    {
        [$head, $body] = explode("\r\n\r\n", $bytes, 2) + ['', ''];
        $lines = explode("\r\n", $head);
        if (preg_match('~^HTTP/\S+ (\d{3})~', $lines[0], $found) !== 1) {
            throw new \RuntimeException('The server gave no answer: ' . substr($bytes, 0, 200));
        }
        $headers = [];
        foreach (array_slice($lines, 1) as $line) {
            [$name, $value] = explode(':', $line, 2) + ['', ''];
            $headers[strtolower($name)][] = trim($value);
        }
        return new self((int) $found[1], $headers, $body);
    }

    /** The first header of a name; null where there is none. */
    public function header(string $name): ?string
    {
        return $this->headers[strtolower($name)][0] ?? null;
    }

    /**
     * @return array<string, string> what is to be kept, by name; '' for what is to be forgotten
     */
    public function cookies(): array
    {
        $cookies = [];
        foreach ($this->headers['set-cookie'] ?? [] as $line) {
            [$name, $value] = explode('=', explode(';', $line, 2)[0], 2) + ['', ''];
            // WordPress sets a space where it deletes.
            $cookies[$name] = trim(urldecode($value)) === '' ? '' : $value;
        }
        return $cookies;
    }

    /** What a person reads on the page: its text, white space as one. */
    public function text(): string
    {
        $html = preg_replace('~<(script|style)\b.*?</\1>~is', ' ', $this->body);
        $text = html_entity_decode(strip_tags(str_replace('<', ' <', (string) $html)), ENT_QUOTES | ENT_HTML5);
        return trim((string) preg_replace('~\s+~u', ' ', $text));
    }

    /**
     * Where a link of the page leads: the first whose address has all of these in it.
     */
    public function link(string ...$parts): string
    {
        foreach ($this->find('//a[@href]') as $link) {
            $address = $link->getAttribute('href');
            if (array_filter($parts, static fn (string $part): bool => !str_contains($address, $part)) === []) {
                return $address;
            }
        }
        throw new \RuntimeException('No link on the page has ' . implode(' and ', $parts) . ": {$this->text()}");
    }

    /**
     * The form that has a field or a button of this name (and value, where one is given).
     */
    public function form(string $name, ?string $value = null): Form
    {
        foreach ($this->find("//form[.//*[@name='{$name}']]") as $form) {
            $found = new Form($form);
            if ($found->has($name, $value)) {
                return $found;
            }
        }
        $wanted = $value === null ? $name : "{$name}={$value}";
        throw new \RuntimeException("No form on the page has {$wanted}: {$this->text()}");
    }

    /**
     * @return list<\DOMElement>
     */
    public function find(string $xpath): array
    {
        $document = new \DOMDocument();
        $before = libxml_use_internal_errors(true);
        $document->loadHTML('<?xml encoding="UTF-8">' . $this->body);
        libxml_clear_errors();
        libxml_use_internal_errors($before);
        $found = (new \DOMXPath($document))->query($xpath);
        return array_values(array_filter(
            iterator_to_array($found === false ? [] : $found),
            static fn (\DOMNode $node): bool => $node instanceof \DOMElement,
        ));
    }
}
