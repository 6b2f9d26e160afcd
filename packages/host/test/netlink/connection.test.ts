import { expect, test } from '@jest/globals'
import { block } from '../../../../test/lab/block.ts'
import { openConnection } from '../../src/netlink/connection.ts'

const [NETLINK_ROUTE, RTM_GETLINK, REQUEST_DUMP, NLMSG_DONE] = [0, 18, 0x301, 3]

/** Asks for all interfaces. */
const listing = (): Buffer => {
  const message = Buffer.alloc(32)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(RTM_GETLINK, 4)
  message.writeUInt16LE(REQUEST_DUMP, 6)
  message.writeUInt32LE(7, 8)
  return message
}

test('a kernel that answers while this process has no processor is not silent', async () => {
  const connection = openConnection(NETLINK_ROUTE, 20)
  const types: number[] = []
  const answered = connection.exchange(listing(), 1, ({ type }) => types.push(type))
  block(60)
  await answered
  expect(types.at(-1)).toBe(NLMSG_DONE)
  connection.close()
})
