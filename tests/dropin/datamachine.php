<?php

/**
 * Stands for two classes of Data Machine itself, which are not part of these tests: who acts, and the OAuth 1 flow.
 */

declare(strict_types=1);

// phpcs:disable PSR1.Methods.CamelCapsMethodName, PSR1.Classes.ClassDeclaration

namespace DataMachine\Abilities {
    final class PermissionHelper
    {
        public static int $agent = 0;
        public static int $user = 0;

        public static function get_acting_agent_id(): int
        {
            return self::$agent;
        }

        public static function acting_user_id(): int
        {
            return self::$user;
        }
    }
}

namespace DataMachine\Core\OAuth {
    final class OAuth1Handler
    {
    }
}
