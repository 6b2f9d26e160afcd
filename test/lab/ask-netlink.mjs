/**
 * Asks the kernel for all links, and prints how that ended. It keeps the socket open for a moment after that, and asks
 * again with it. Usage: node ask-netlink.mjs
 */
import { setTimeout as delay } from 'node:timers/promises'
import { openNetlinkSocket } from '@portolan/host'

const [NETLINK_ROUTE, RTM_GETLINK, REQUEST_DUMP] = [0, 18, 0x301]

const request = (sequence) => {
  const message = Buffer.alloc(32)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(RTM_GETLINK, 4)
  message.writeUInt16LE(REQUEST_DUMP, 6)
  message.writeUInt32LE(sequence, 8)
  return message
}

const socket = openNetlinkSocket(NETLINK_ROUTE)
for (const sequence of [1, 2]) {
  try {
    const replies = await socket.request(request(sequence), 1)
    console.log(`answered: ${replies.length > 0}`)
  } catch (error) {
    console.log(`${error.code}: ${error.message}`)
  }
  await delay(200)
}
socket.close()
