<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * What can be missing.
 */
enum Kind: string
{
    /** A file as a whole: not there, or not understood. */
    case File = 'file';
    /** A class, interface, trait or enum, or how it is declared. */
    case ClassLike = 'class';
    case ParentClass = 'parent';
    case InterfaceName = 'interface';
    case TraitName = 'trait';
    /** A class constant or an enum's case. */
    case Constant = 'constant';
    case Property = 'property';
    case Method = 'method';
    /** Outside of any class: a function, a constant, or a statement that runs when the file is loaded. */
    case FunctionName = 'function';
    case GlobalConstant = 'global constant';
    case Statement = 'statement';
}
