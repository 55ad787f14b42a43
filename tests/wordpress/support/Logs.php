<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * What PHP, php-fpm and nginx logged of a site and should not have.
 */
final class Logs
{
    /**
     * WordPress 6.1 is older than PHP 8.2, which finds something deprecated on every page of it; and it complains where
     * WordPress.org does not answer.
     */
    private const EXPECTED = '~^PHP\ (
            Deprecated:\ (?!.*\ is\ <strong>deprecated</strong>)
            | Warning:\ \ An\ unexpected\ error\ occurred\.\ Something\ may\ be\ wrong\ with\ WordPress\.org
        ).*\ in\ (/usr/share/|%s/wp-(admin|includes)/)~xs';

    /** @var array<string, int> how much of a file was read */
    private array $read = [];

    /**
     * @param string $directory of php.log, fpm.log and nginx.log
     * @param string $root      the document root
     */
    public function __construct(private readonly string $directory, private readonly string $root)
    {
    }

    /**
     * What came since the last call.
     *
     * @return list<string>
     */
    public function take(): array
    {
        $expected = sprintf(self::EXPECTED, preg_quote($this->root, '~'));
        // Each entry begins with its time; a trace has more lines.
        $php = $this->entries('php.log', '~^\[\d\d-\w{3}-\d{4} [^]]+\] ~m');
        return [
            ...array_values(preg_grep($expected, $php, PREG_GREP_INVERT) ?: []),
            ...array_values(preg_grep('~ (WARNING|ERROR|ALERT): ~', $this->entries('fpm.log', '~^(?=\[)~m')) ?: []),
            ...$this->entries('nginx.log', '~^(?=\d{4}/)~m'),
        ];
    }

    /**
     * @return list<string>
     */
    private function entries(string $file, string $beginning): array
    {
        $path = "{$this->directory}/{$file}";
        $from = $this->read[$file] ?? 0;
        $new = is_file($path) ? (string) file_get_contents($path, offset: $from) : '';
        $this->read[$file] = $from + strlen($new);
        $entries = array_map(trim(...), preg_split($beginning, $new) ?: []);
        return array_values(array_filter($entries, static fn (string $entry) => $entry !== ''));
    }
}
