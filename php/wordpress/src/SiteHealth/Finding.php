<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\SiteHealth;

use DataMachine\Connections\WordPress\Page\Html;
use DataMachine\Connections\WordPress\Page\Parts;
use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\Problem;

/**
 * What a look found: how good it is, in words, and the lines that make it better. Without a secret.
 */
final class Finding
{
    public const GOOD = 'good';
    /** It works, and could be better. */
    public const RECOMMENDED = 'recommended';
    public const CRITICAL = 'critical';

    /**
     * @param string       $status one of the names above
     * @param string       $label  what was found, in a few words
     * @param string       $text   what that means
     * @param list<string> $lines  what to type, or to put where the text says
     */
    public function __construct(
        public readonly string $status,
        public readonly string $label,
        public readonly string $text,
        public readonly array $lines = [],
    ) {
    }

    public static function problem(Problem $problem, string $status = self::CRITICAL): self
    {
        $label = __('The connections cannot be reached', 'datamachine-connections');
        return new self($status, $label, $problem->message(), $problem->lines());
    }

    /**
     * For the page of this plugin.
     *
     * @return list<Html>
     */
    public function html(): array
    {
        $mark = match ($this->status) {
            self::GOOD => __('Good.', 'datamachine-connections'),
            self::RECOMMENDED => __('Could be better.', 'datamachine-connections'),
            default => __('Not good.', 'datamachine-connections'),
        };
        return [
            Parts::text(Html::tag('strong', [], $mark), " {$this->label}. {$this->text}"),
            Parts::lines($this->lines),
        ];
    }

    /**
     * As Site Health takes it.
     *
     * @return array<string, mixed>
     */
    public function toArray(string $test): array
    {
        return [
            'label' => $this->label,
            'status' => $this->status,
            'badge' => ['label' => __('Security', 'datamachine-connections'), 'color' => 'blue'],
            'description' => (string) Html::all(Parts::text($this->text), Parts::lines($this->lines)),
            'actions' => (string) Parts::text(
                Parts::link(Plugin::page(), __('Connections', 'datamachine-connections'))
            ),
            'test' => $test,
        ];
    }
}
