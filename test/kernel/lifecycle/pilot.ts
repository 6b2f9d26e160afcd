import { fromJson } from '../../from-json.ts'
import type { PlanJson } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { CommandOutcome, Lab } from '../../lab/lab.ts'

/** The command with a fixed backend and state directory. */
export interface Pilot {
  /** Runs `portolan COMMAND -f FILE --backend ... EXTRA` with this Compose text; null: without -f. */
  readonly run: (
    command: string,
    compose: string | null,
    ...extra: readonly string[]
  ) => Promise<CommandOutcome>
  /** Applies, and throws with all output unless it exits with 0. */
  readonly apply: (compose: string, ...extra: readonly string[]) => Promise<CommandOutcome>
  /** Applies, and returns the plan that was applied. So a test needs no second run to learn the addresses. */
  readonly applied: (compose: string, ...extra: readonly string[]) => Promise<PlanJson>
  /** Removes all projects, and throws unless it exits with 0. */
  readonly destroy: () => Promise<CommandOutcome>
  /** The output of `plan --json`, whatever its exit code. */
  readonly plan: (
    compose: string,
    ...extra: readonly string[]
  ) => Promise<PlanJson & { readonly exitCode: number | null }>
  readonly argv: (command: string, file: string | null, ...extra: readonly string[]) => readonly string[]
}

/** Throws with all output unless the command succeeded. */
export const mustSucceed = (what: string, outcome: CommandOutcome): CommandOutcome => {
  if (outcome.exitCode === 0) return outcome
  throw new Error(`${what} exited ${outcome.exitCode}:\n${outcome.stderr}\n${outcome.stdout}`)
}

/** A backend, or `auto`, the command's default. */
export type BackendWord = Backend | 'auto'

/** @param state - a directory on the host; null: the command's default state directory */
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
      fromJson<PlanJson>((await apply(compose, '--json', ...extra)).stdout),
    destroy: async () => mustSucceed('destroy', await run('destroy', null, '--all', '--yes')),
    plan: async (compose, ...extra) => {
      const { exitCode, stdout, stderr } = await run('plan', compose, '--json', ...extra)
      try {
        return { ...fromJson<PlanJson>(stdout), exitCode }
      } catch {
        throw new Error(`plan --json exited ${exitCode} and printed no JSON:\n${stdout}\n${stderr}`)
      }
    },
  }
}

/** A project with one network of both families and two services. The planner chooses the subnets. */
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
