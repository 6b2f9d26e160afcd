import type { NetlinkConnection } from '../netlink/connection.ts'
import { createLink } from './create-link.ts'
import type { LinkSpec } from './link-spec.ts'

export const createDummy = (connection: NetlinkConnection, link: LinkSpec): Promise<void> =>
  createLink(connection, link, {
    kind: 'dummy',
    option: 'CONFIG_DUMMY',
    module: 'dummy',
    parent: null,
    data: [],
    explain: () => null,
  })
