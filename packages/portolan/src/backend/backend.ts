import { isKilled, programEnd, type Runner } from '@portolan/core'
import { InspectError, InvalidRequestError, MissingToolError } from '@portolan/netfilter'

/**
 * Where rules are kept: nftables' own tables, or iptables' tables in one of its two variants.
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * const backend: Backend = p.backend
 * backend // 'nftables'
 * @public @since 0.1.0
 */
export type Backend = 'nftables' | 'iptables-nft' | 'iptables-legacy'

/** @internal */
export const backends: readonly Backend[] = ['nftables', 'iptables-nft', 'iptables-legacy']

/**
 * A backend, or how to choose one: `auto` is nftables where its program is there, else iptables; `iptables` is
 * the variant that the program `iptables` of this host is.
 * @example
 * const backend: BackendChoice = 'iptables'
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend })
 * p.backend // 'iptables-nft'
 * @public @since 0.1.0
 */
export type BackendChoice = Backend | 'auto' | 'iptables'

const choices: readonly string[] = [...backends, 'auto', 'iptables']

/**
 * Checks a word that should name a backend.
 * @throws InvalidRequestError
 * @internal
 */
export const parseBackendChoice = (text: string): BackendChoice => {
  const found = choices.find((choice) => choice === text)
  if (found === undefined) {
    throw new InvalidRequestError(
      `--backend ${text}: expected one of auto, ${[...backends, 'iptables'].join(', ')}.`,
    )
  }
  return found as BackendChoice
}

/**
 * Settles on a backend for this host, whose programs it asks.
 * @throws MissingToolError when no program of the chosen kind is installed; InspectError when it is and does not run
 * @internal
 */
export const chooseBackend = async (choice: BackendChoice, runner: Runner): Promise<Backend> => {
  if (choice === 'auto') {
    const nft = await versionOf('nft', runner)
    if (typeof nft === 'string') return 'nftables'
    const iptables = await versionOf('iptables', runner)
    if (typeof iptables === 'string') return variantOf(iptables)
    throw nft ?? iptables ?? new MissingToolError('nft', 'nftables (or iptables)')
  }
  const program = programs[choice]
  const version = await versionOf(program, runner)
  if (version === null) throw new MissingToolError(program, choice === 'nftables' ? 'nftables' : 'iptables')
  if (version instanceof InspectError) throw version
  return choice === 'iptables' ? variantOf(version) : choice
}

/** `iptables v1.8.11 (nf_tables)`; programs before 1.8.0 name no variant and are legacy. */
const variantOf = (version: string): Backend =>
  version.includes('nf_tables') ? 'iptables-nft' : 'iptables-legacy'

/**
 * Settles on a backend for a host that is known from files alone and cannot be asked which programs it has.
 * @internal
 */
export const assumeBackend = (choice: BackendChoice): Backend => {
  if (choice === 'auto') return 'nftables'
  return choice === 'iptables' ? 'iptables-nft' : choice
}

const programs: Record<Exclude<BackendChoice, 'auto'>, string> = {
  nftables: 'nft',
  iptables: 'iptables',
  'iptables-nft': 'iptables-nft',
  'iptables-legacy': 'iptables-legacy',
}

/**
 * What a program says of itself; null when it is not installed, an error when it is and cannot.
 *
 * @throws InspectError when a signal ended it: it may work the next time, and no other backend is to be chosen for that
 */
const versionOf = async (program: string, runner: Runner): Promise<string | InspectError | null> => {
  try {
    const result = await runner.run(program, ['--version'])
    const { exitCode, stdout, stderr } = result
    if (exitCode === 0) return stdout
    const command = `${program} --version`
    const advice = isKilled(result) ? 'Run this again' : 'Mend or reinstall it'
    const error = new InspectError(
      `${program} is installed and does not run: "${command}" failed, ${programEnd(result)}. ${advice}, or choose another with --backend.`,
      { command, exitCode, stderr },
    )
    if (isKilled(result)) throw error
    return error
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}
