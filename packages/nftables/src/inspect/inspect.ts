import { InspectError, type Runner } from '@portolan/core'
import { permissionError } from '../apply/failure.ts'
import { tableFamily, tableName } from '../compile/table-name.ts'
import { emptyRuleset, type Ruleset } from '../model/index.ts'
import { parse } from '../parse/parse.ts'

/**
 * Reads our table from the kernel, and nothing else: an old nft may stumble over what a newer program wrote to
 * a table of its own.
 *
 * @returns a ruleset of one table; of none when there is none
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when nft fails for another reason
 * @example
 * const actual = await inspect(runner)
 * @public @since 0.1.0
 */
export const inspect = async (runner: Runner): Promise<Ruleset> => {
  const args = ['-j', 'list', 'table', tableFamily, tableName]
  const result = await runner.run('nft', args)
  if (result.exitCode === 0) return parse(result.stdout, 'nft')
  const denied = permissionError('read', result)
  if (denied !== null) throw denied
  if (/No such file or directory/.test(result.stderr)) return emptyRuleset
  const command = `nft ${args.join(' ')}`
  throw new InspectError(
    `"${command}" failed: ${result.stderr.trim().split('\n')[0] ?? ''}. Is nf_tables in this kernel?`,
    { command, exitCode: result.exitCode, stderr: result.stderr },
  )
}
