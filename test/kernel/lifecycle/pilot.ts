import type { PlanJson } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { CommandOutcome, Lab } from '../../lab/lab.ts'

/** The command, with a backend and a state directory already chosen. */
export interface Pilot {
  /** `portolan COMMAND -f FILE --backend ... EXTRA` with this Compose text; null: without -f. */
  readonly run: (
    command: string,
    compose: string | null,
    ...extra: readonly string[]
  ) => Promise<CommandOutcome>
  /** Applies; anything but exit 0 is thrown with all that was printed. */
  readonly apply: (compose: string, ...extra: readonly string[]) => Promise<CommandOutcome>
  /** Applies, and gives back the plan that was applied: its addresses need no second run of the command. */
  readonly applied: (compose: string, ...extra: readonly string[]) => Promise<PlanJson>
  /** Removes every project; anything but exit 0 is thrown. */
  readonly destroy: () => Promise<CommandOutcome>
  /** `plan --json`, whatever its exit code. */
  readonly plan: (
    compose: string,
    ...extra: readonly string[]
  ) => Promise<PlanJson & { readonly exitCode: number | null }>
  readonly argv: (command: string, file: string | null, ...extra: readonly string[]) => readonly string[]
}

/** What went wrong, with everything there is to read. */
export const mustSucceed = (what: string, outcome: CommandOutcome): CommandOutcome => {
  if (outcome.exitCode === 0) return outcome
  throw new Error(`${what} exited ${outcome.exitCode}:\n${outcome.stderr}\n${outcome.stdout}`)
}

/** A backend, or `auto`, which is what the command goes by where none is named. */
export type BackendWord = Backend | 'auto'

/** @param state - a directory the host sees; null: where the command keeps its state by itself */
export const pilotOf = (
  lab: Lab,
  backend: BackendWord,
  { state = '/run/lab/state' }: { readonly state?: string | null } = {},
): Pilot => {
  const argv: Pilot['argv'] = (command, file, ...extra) => [
    command,
    ...(file === null ? [] : ['-f', file]),
    ...(command === 'destroy' ? [] : ['--backend', backend]),
    ...(state === null ? [] : ['--state', state]),
    ...extra,
  ]
  const run: Pilot['run'] = async (command, compose, ...extra) => {
    const file = compose === null ? null : await lab.write('compose.yaml', compose)
    return lab.portolan(argv(command, file, ...extra))
  }
  const apply: Pilot['apply'] = async (compose, ...extra) =>
    mustSucceed('apply', await run('apply', compose, '--yes', ...extra))
  return {
    run,
    argv,
    apply,
    applied: async (compose, ...extra) =>
      JSON.parse((await apply(compose, '--json', ...extra)).stdout) as PlanJson,
    destroy: async () => mustSucceed('destroy', await run('destroy', null, '--all', '--yes')),
    plan: async (compose, ...extra) => {
      const { exitCode, stdout, stderr } = await run('plan', compose, '--json', ...extra)
      try {
        return { ...(JSON.parse(stdout) as PlanJson), exitCode }
      } catch {
        throw new Error(`plan --json exited ${exitCode} and printed no JSON:\n${stdout}\n${stderr}`)
      }
    },
  }
}

/** A project of one network with two services, subnets picked by the planner, both families. */
export const shop = (ports: readonly string[] = ['8080:80', '8080:80/udp']): string => `name: shop
networks:
  web:
    enable_ipv6: true
services:
  nginx:
    networks: [web]
    ports: [${ports.map((port) => `'${port}'`).join(', ')}]
  worker:
    networks: [web]
`
