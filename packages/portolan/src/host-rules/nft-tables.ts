import type { NamedTable, Runner } from '@portolan/core'
import { PortolanError } from '@portolan/netfilter'
import { tableNames } from '../backend/dialects.ts'
import { withRuleSocket } from './with-rule-socket.ts'

/**
 * The tables of nf_tables that a Runner's programs see. Null: the kernel does not tell this process.
 * @internal
 */
export const nftTablesOf = (runner: Runner): Promise<readonly NamedTable[] | null> =>
  withRuleSocket(runner, async (socket) => {
    try {
      return socket === null ? null : await tableNames(socket)
    } catch (error) {
      // The kernel has no nf_tables, or this user may not ask. The programs report that in their own words.
      if (error instanceof PortolanError) return null
      throw error
    }
  })
