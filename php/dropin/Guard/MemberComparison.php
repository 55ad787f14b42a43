<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * What speaks against a member of ours that has the name of one of theirs.
 *
 * Code that was written for theirs does two things with a class: it calls it, and it extends it. A caller needs ours to
 * take what theirs takes. A child that overrides a member declares it as theirs does, and PHP ends the whole request
 * where that does not fit ours: so what a child may override has to be declared in the same way.
 *
 * @internal
 */
final class MemberComparison
{
    /** These theirs may have without ours; all others have to be the same on both sides. */
    private const LOOSER = ['abstract', 'final'];

    /**
     * @return list<string>
     */
    public static function reasons(Member $theirs, Member $ours): array
    {
        $reasons = self::modifiers($theirs, $ours);
        if ($theirs->visibility !== $ours->visibility) {
            $reasons[] = "theirs is {$theirs->visibility}, ours {$ours->visibility}";
        }
        return array_values(match ($theirs->kind) {
            Kind::Property => $theirs->type === $ours->type
                ? $reasons
                : [...$reasons, self::types('is of type', $theirs, $ours)],
            Kind::Method, Kind::FunctionName => [...$reasons, ...self::signatures($theirs, $ours)],
            default => $reasons,
        });
    }

    /**
     * @return list<string>
     */
    private static function modifiers(Member $theirs, Member $ours): array
    {
        $reasons = [];
        foreach (array_diff($theirs->modifiers, $ours->modifiers, self::LOOSER) as $modifier) {
            $reasons[] = "theirs is `{$modifier}`, ours is not";
        }
        foreach (array_diff($ours->modifiers, $theirs->modifiers) as $modifier) {
            $reasons[] = "ours is `{$modifier}`, theirs is not";
        }
        return $reasons;
    }

    /**
     * @return list<string>
     */
    private static function signatures(Member $theirs, Member $ours): array
    {
        $overridable = self::isOverridable($theirs);
        $reasons = [];
        foreach ($theirs->parameters as $at => $parameter) {
            $reasons[] = self::parameter($parameter, $ours->parameters[$at] ?? null, $overridable);
        }
        $reasons[] = self::number($theirs, $ours, $overridable);
        // What a child returns may be narrower, and so ours may leave it open.
        if ($ours->type !== $theirs->type && !($overridable && $ours->type === '')) {
            $reasons[] = self::types('returns', $theirs, $ours);
        }
        return array_filter($reasons, is_string(...));
    }

    private static function parameter(Parameter $theirs, ?Parameter $ours, bool $overridable): ?string
    {
        $open = !$overridable && $ours?->type === '';
        return match (true) {
            $ours === null => "ours has no {$theirs->name}",
            $ours->name !== $theirs->name => "theirs calls {$theirs->name} what ours calls {$ours->name}",
            $ours->byReference !== $theirs->byReference => "{$theirs->name} is by reference in one of the two",
            $ours->variadic !== $theirs->variadic => "{$theirs->name} is variadic in one of the two",
            $ours->type !== $theirs->type && !$open => self::types("takes {$theirs->name} as", $theirs, $ours),
            default => null,
        };
    }

    /** How many arguments there are, and how many there have to be. */
    private static function number(Member $theirs, Member $ours, bool $overridable): ?string
    {
        $further = $ours->parameters[count($theirs->parameters)] ?? null;
        [$their, $our] = [self::required($theirs), self::required($ours)];
        return match (true) {
            $our > $their => "ours wants {$our} arguments, theirs {$their}",
            !$overridable => null,
            $further !== null => "only ours has {$further->name}: a child that overrides it has not",
            $our < $their => "ours wants {$our} arguments, a child that overrides it {$their}",
            default => null,
        };
    }

    /** A default before a parameter that has none is none. */
    private static function required(Member $method): int
    {
        $wanted = array_filter($method->parameters, static fn (Parameter $parameter): bool => !$parameter->optional);
        return $wanted === [] ? 0 : 1 + (int) array_key_last($wanted);
    }

    /** PHP does not compare a child's constructor with its parent's, unless that is abstract. */
    private static function isOverridable(Member $method): bool
    {
        $isConstructor = strtolower($method->name) === '__construct' && !$method->is('abstract');
        return $method->kind === Kind::Method && !$method->is('final') && !$isConstructor;
    }

    private static function types(string $verb, Member|Parameter $theirs, Member|Parameter $ours): string
    {
        [$their, $our] = array_map(
            static fn (Member|Parameter $one): string => $one->type === '' ? 'anything' : $one->type,
            [$theirs, $ours]
        );
        return "theirs {$verb} {$their}, ours {$our}";
    }
}
