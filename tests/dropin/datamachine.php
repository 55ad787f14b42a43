<?php

/**
 * Stands for classes of Data Machine itself, which are not part of these tests: who acts, what jobs and flows there
 * are, and the OAuth 1 flow. Names, signatures and what they answer are those of 0.175.11.
 */

declare(strict_types=1);

// phpcs:disable PSR1.Methods.CamelCapsMethodName, PSR1.Classes.ClassDeclaration, Squiz.Classes.ValidClassName

namespace AgentsAPI\AI {
    final class WP_Agent_Execution_Principal
    {
        public const REQUEST_CONTEXT_REST = 'rest';
        public const REQUEST_CONTEXT_CLI = 'cli';

        public function __construct(public readonly string $request_context)
        {
        }
    }
}

namespace DataMachine\Abilities {
    use AgentsAPI\AI\WP_Agent_Execution_Principal;

    final class PermissionHelper
    {
        /** Who acts where no agent does: `run_as_authenticated()` sets it. */
        public static int $user = 0;
        /** Whether it is another version's, which lacks what is asked. */
        public static bool $other = false;
        private static ?int $agent = null;
        private static int $owner = 0;
        private static ?WP_Agent_Execution_Principal $principal = null;

        /**
         * @param array<string, mixed>|null $capabilities
         *
         * @SuppressWarnings(PHPMD.UnusedFormalParameter)
         */
        public static function set_agent_context(
            int $agent_id,
            int $owner_id,
            ?array $capabilities = null,
            ?int $token_id = null,
            string $request_context = WP_Agent_Execution_Principal::REQUEST_CONTEXT_REST,
        ): void {
            self::$agent = $agent_id;
            self::$owner = $owner_id;
            self::$principal = new WP_Agent_Execution_Principal($request_context);
        }

        public static function run_as_agent_context(
            int $agent_id,
            int $owner_id,
            callable $callback,
            string $request_context = WP_Agent_Execution_Principal::REQUEST_CONTEXT_CLI,
        ): mixed {
            $previous = [self::$agent, self::$owner, self::$principal];
            self::set_agent_context($agent_id, $owner_id, null, null, $request_context);
            try {
                return $callback();
            } finally {
                [self::$agent, self::$owner, self::$principal] = $previous;
            }
        }

        public static function clear_agent_context(): void
        {
            self::$agent = null;
            self::$owner = 0;
            self::$principal = null;
        }

        public static function get_execution_principal(): ?WP_Agent_Execution_Principal
        {
            return self::$other ? throw new \Error('Call to undefined method') : self::$principal;
        }

        public static function get_acting_agent_id(): ?int
        {
            return self::$other ? throw new \Error('Call to undefined method') : self::$agent;
        }

        public static function acting_user_id(): int
        {
            if (self::$agent !== null && self::$owner > 0) {
                return self::$owner;
            }
            return self::$user > 0 ? self::$user : get_current_user_id();
        }
    }
}

namespace DataMachine\Core\Database\Jobs {
    final class Jobs
    {
        use \DataMachine\Connections\Tests\Dropin\Rows;

        /**
         * @return array<string, mixed>|null
         */
        public function get_job(int $job_id): ?array
        {
            $row = self::row($job_id);
            return $row === null ? null : ['engine_data' => json_decode((string) $row['engine_data'], true)] + $row;
        }
    }
}

namespace DataMachine\Core\Database\Flows {
    final class Flows
    {
        use \DataMachine\Connections\Tests\Dropin\Rows;

        /**
         * @return array<string, mixed>|null
         */
        public function get_flow(int $flow_id): ?array
        {
            $row = self::row($flow_id);
            return $row === null ? null : [
                'flow_config' => json_decode((string) $row['flow_config'], true) ?? [],
                'scheduling_config' => json_decode((string) $row['scheduling_config'], true) ?? [],
            ] + $row;
        }
    }
}

namespace DataMachine\Core\Database\Pipelines {
    final class Pipelines
    {
        use \DataMachine\Connections\Tests\Dropin\Rows;

        /**
         * @return array<string, mixed>|null
         */
        public function get_pipeline(int $pipeline_id): ?array
        {
            $row = self::row($pipeline_id);
            $decode = $row !== null && !empty($row['pipeline_config']);
            return $decode ? ['pipeline_config' => json_decode($row['pipeline_config'], true) ?? []] + $row : $row;
        }
    }
}

namespace DataMachine\Core\OAuth {
    final class OAuth1Handler
    {
    }
}
