<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * A form of a page, with what is in its fields.
 */
final class Form
{
    public readonly string $action;
    public readonly string $method;
    /** @var array<string, string> what is sent without a button */
    public readonly array $fields;
    /** @var list<array{string, string}> names and values of all controls, buttons among them */
    private readonly array $controls;

    public function __construct(\DOMElement $form)
    {
        $this->action = $form->getAttribute('action');
        $this->method = strtoupper($form->getAttribute('method')) === 'POST' ? 'POST' : 'GET';
        $fields = [];
        $controls = [];
        foreach (['input', 'button', 'select', 'textarea'] as $tag) {
            foreach ($form->getElementsByTagName($tag) as $control) {
                $name = $control->getAttribute('name');
                $value = self::value($control);
                $controls[] = [$name, $value];
                if ($name !== '' && self::isSent($control)) {
                    $fields[$name] = $value;
                }
            }
        }
        $this->fields = $fields;
        $this->controls = $controls;
    }

    public function has(string $name, ?string $value = null): bool
    {
        foreach ($this->controls as [$found, $holds]) {
            if ($found === $name && ($value === null || $value === $holds)) {
                return true;
            }
        }
        return false;
    }

    private static function value(\DOMElement $control): string
    {
        if ($control->tagName === 'textarea') {
            return $control->textContent;
        }
        if ($control->tagName !== 'select') {
            return $control->getAttribute('value');
        }
        $options = iterator_to_array($control->getElementsByTagName('option'));
        $chosen = array_filter($options, static fn (\DOMElement $option) => $option->hasAttribute('selected'));
        $option = reset($chosen) ?: $options[0] ?? null;
        return $option === null ? '' : $option->getAttribute('value');
    }

    private static function isSent(\DOMElement $control): bool
    {
        $type = strtolower($control->getAttribute('type'));
        if ($control->hasAttribute('disabled') || $control->tagName === 'button') {
            return false;
        }
        return in_array($type, ['checkbox', 'radio'], true)
            ? $control->hasAttribute('checked')
            : !in_array($type, ['submit', 'button', 'reset', 'image', 'file'], true);
    }
}
