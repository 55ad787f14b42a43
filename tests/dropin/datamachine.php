<?php

/**
 * Stands for classes of Data Machine itself, which are not part of these tests: who acts, what jobs and flows there
 * are, HTTP, and what belongs to a person's consent. Names, signatures and what they answer are those of 0.175.11.
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

namespace DataMachine\Core {
    use DataMachine\Connections\Tests\Authority;

    final class HttpClient
    {
        /**
         * @param array<string, mixed> $options
         *
         * @return array<string, mixed>
         */
        public static function get(string $url, array $options = []): array
        {
            return self::request('GET', $url, $options);
        }

        /**
         * @param array<string, mixed> $options
         *
         * @return array<string, mixed>
         */
        public static function post(string $url, array $options = []): array
        {
            return self::request('POST', $url, $options);
        }

        /**
         * @param array<string, mixed> $options
         *
         * @return array<string, mixed>
         */
        private static function request(string $method, string $url, array $options): array
        {
            $headers = '';
            foreach ($options['headers'] ?? [] as $name => $value) {
                $headers .= $name === 'Content-Type' ? '' : "{$name}: {$value}\r\n";
            }
            $answer = Authority::ask($method, $url, $options['body'] ?? '', $headers);
            if ($answer === null) {
                $message = "Failed to connect to {$options['context']}: no answer";
                return ['success' => false, 'error' => $message];
            }
            [$status, $body] = $answer;
            $answer = ['data' => $body, 'status_code' => $status];
            if ($status === 200) {
                return ['success' => true] + $answer;
            }
            $said = json_decode($body, true)['error'] ?? null;
            $said = is_string($said) ? $said : substr($body, 0, 97);
            $message = "{$options['context']} {$method} returned HTTP {$status}: {$said}";
            return ['success' => false, 'error' => $message] + $answer;
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

    final class OAuth2Handler
    {
        /** @var list<array{string, list<mixed>}> what was called, and with what */
        private static array $calls = [];

        /**
         * @return list<array{string, list<mixed>}>
         */
        public static function calls(): array
        {
            return self::$calls;
        }

        public static function forget(): void
        {
            self::$calls = [];
        }

        /**
         * @param array<string, mixed> $payload
         */
        public function create_state(string $provider_key, array $payload = []): string
        {
            self::$calls[] = ['create_state', [$provider_key, $payload]];
            return 'a state';
        }

        /**
         * @return array{verifier: string, challenge: string, method: string}
         */
        public function create_pkce(string $provider_key, string $state = ''): array
        {
            self::$calls[] = ['create_pkce', [$provider_key, $state]];
            return ['verifier' => 'a verifier', 'challenge' => 'a challenge', 'method' => 'S256'];
        }

        /**
         * @param array<string, mixed> $token_params
         */
        public function handle_callback(
            string $provider_key,
            string $token_url,
            array $token_params,
            callable $account_details_fn,
            ?callable $token_transform_fn = null,
            ?callable $storage_fn = null,
        ): bool {
            self::$calls[] = ['handle_callback', [$provider_key, $token_url, $token_params]];
            $tokens = ['access_token' => 'exchanged'];
            $tokens = $token_transform_fn === null ? $tokens : $token_transform_fn($tokens);
            return $storage_fn($account_details_fn($tokens));
        }

        public function handle_implicit_callback(
            string $provider_key,
            callable $account_details_fn,
            ?callable $storage_fn = null,
        ): bool {
            self::$calls[] = ['handle_implicit_callback', [$provider_key]];
            return $storage_fn($account_details_fn(['access_token' => 'implicit']));
        }

        public function render_implicit_callback_page(string $provider_key, string $callback_url): void
        {
            self::$calls[] = ['render_implicit_callback_page', [$provider_key, $callback_url]];
        }
    }
}
