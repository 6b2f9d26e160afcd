import { parseBridgeAlias } from '@portolan/core'
import { readLinks } from '../facts/read-links.ts'
import { openConnection } from '../netlink/connection.ts'
import { NETLINK_ROUTE } from '../netlink/constants.ts'

/** Tells whether a bridge in this network namespace has a project's alias: then Portolan has applied something here. */
export const hasOwnBridge = async (): Promise<boolean> => {
  const connection = openConnection(NETLINK_ROUTE)
  try {
    const { links } = await readLinks(connection)
    return [...links.values()].some(({ alias }) => parseBridgeAlias(alias) !== null)
  } finally {
    connection.close()
  }
}
