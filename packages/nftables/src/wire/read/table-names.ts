import type { NetlinkSocket } from '@portolan/core'
import type { Table, TableFamily } from '../../model/index.ts'
import {
  NFPROTO_INET,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFPROTO_UNSPEC,
  NFT_MSG_GETTABLE,
  NFT_MSG_NEWTABLE,
  NFTA_TABLE_NAME,
} from '../constants.ts'
import { textOf, visitAll } from './attributes.ts'
import { list } from './listing.ts'

/** include/uapi/linux/netfilter.h */
const families: ReadonlyMap<number, TableFamily> = new Map([
  [NFPROTO_INET, 'inet'],
  [NFPROTO_IPV4, 'ip'],
  [NFPROTO_IPV6, 'ip6'],
  [3, 'arp'],
  [5, 'netdev'],
  [7, 'bridge'],
])

/**
 * The family and name of a table of nf_tables.
 * @public @since 0.1.0
 */
export type TableName = Pick<Table, 'family' | 'name'>

/**
 * The names of all tables in the socket's network namespace, foreign ones and those of iptables-nft included.
 * @returns null when the kernel did not list them completely
 * @throws InspectError, PermissionError
 * @example
 * (await tableNames(socket))?.some(({ family, name }) => family === 'ip' && name === 'nat')
 * @public @since 0.1.0
 */
export const tableNames = async (socket: NetlinkSocket): Promise<readonly TableName[] | null> => {
  const names: TableName[] = []
  const listed = await list(
    socket,
    { ask: NFT_MSG_GETTABLE, answer: NFT_MSG_NEWTABLE, what: 'all', write: () => {}, family: NFPROTO_UNSPEC },
    ({ view, start, end }, number) => {
      const family = families.get(number)
      let name: string | null = null
      visitAll(view, start, end, (type, from, to) => {
        if (type === NFTA_TABLE_NAME) name = textOf({ view, start: from, end: to })
      })
      if (family === undefined || name === null) return false
      names.push({ family, name })
      return true
    },
  )
  return listed.kind === 'whole' ? names : null
}
