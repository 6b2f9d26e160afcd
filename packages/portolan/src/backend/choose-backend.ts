import { isKilled, lackOf, programEnd, type Runner } from '@portolan/core'
import { InspectError, MissingToolError, oneWay, PortolanError } from '@portolan/netfilter'
import { withRuleSocket } from '../host-rules/with-rule-socket.ts'
import type { Backend, BackendChoice } from './backend.ts'
import { dialects, generation } from './dialects.ts'

/**
 * Settles on a backend for this host, and asks its programs for that.
 * @throws MissingToolError when no program of the chosen kind is installed; InspectError when one is installed and does
 * not run
 * @internal
 */
export const chooseBackend = async (choice: BackendChoice, runner: Runner): Promise<Backend> => {
  if (choice === 'auto') {
    const nft = await versionOf('nft', runner)
    if (typeof nft === 'string') return 'nftables'
    const iptables = await versionOf('iptables', runner)
    if (typeof iptables === 'string') return variantOf(iptables)
    // Managed rules of nftables are written over netlink. So a host without any firewall program can still be served.
    if (nft === null && iptables === null && (await answersOverNetlink(runner))) return 'nftables'
    throw nft ?? iptables ?? new MissingToolError('nft', 'nftables (or iptables)')
  }
  if (choice === 'nftables' && (await answersOverNetlink(runner))) return choice
  const { program, tool } = choice === 'iptables' ? { program: choice, tool: choice } : dialects[choice]
  const version = await versionOf(program, runner)
  if (version === null) throw new MissingToolError(program, tool)
  if (version instanceof InspectError) throw version
  return choice === 'iptables' ? variantOf(version) : choice
}

/** May this process read and change nftables over netlink? */
const answersOverNetlink = (runner: Runner): Promise<boolean> =>
  withRuleSocket(runner, async (socket) => {
    try {
      return socket !== null && (await generation(socket)) !== null
    } catch (error) {
      // The kernel has no nf_tables, or a sandbox has no netlink.
      if (error instanceof PortolanError) return false
      throw error
    }
  })

/** `iptables v1.8.11 (nf_tables)`; programs before 1.8.0 name no variant and are legacy. */
const variantOf = (version: string): Backend =>
  version.includes('nf_tables') ? 'iptables-nft' : 'iptables-legacy'

/**
 * The version text that a program prints. Null: the program is not installed. An error: it is installed and fails.
 *
 * @throws InspectError when a signal ended the program, or the host lacks what it needs. It may work the next time, so
 * no other backend may be chosen.
 */
const versionOf = async (program: string, runner: Runner): Promise<string | InspectError | null> => {
  try {
    const result = await runner.run(program, ['--version'])
    const { exitCode, stdout, stderr } = result
    if (exitCode === 0) return stdout
    const command = `${program} --version`
    const lack = lackOf(result)
    if (lack !== null)
      throw new InspectError(
        {
          problem: `"${command}" failed: ${lack.why}.`,
          remedy: () => lack.mend,
        },
        { command, exitCode, stderr },
      )
    const advice = isKilled(result) ? 'run this again' : 'mend or reinstall it'
    const error = new InspectError(
      {
        problem: `${program} is installed and does not run: "${command}" failed, ${programEnd(result)}.`,
        remedy: ({ backend }) => oneWay(advice, backend),
      },
      { command, exitCode, stderr },
    )
    if (isKilled(result)) throw error
    return error
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}
