import { describe, expect, test } from '@jest/globals'
import { eachMessage, type MessageView } from '@portolan/core/netlink'
import { createLink } from '../../src/links/create-link.ts'
import type { NetlinkConnection } from '../../src/netlink/connection.ts'
import { EINVAL, ENODEV, EOPNOTSUPP } from '../../src/netlink/errno.ts'
import { RTM_GETLINK } from '../../src/netlink/rtnetlink.ts'

const NLMSG_ERROR = 2

/** A kernel without links that answers each request for a new one with the next errno. */
const kernelThatAnswers = (...errnos: number[]): NetlinkConnection => ({
  exchange: async (datagram, _expect, visit) => {
    eachMessage(datagram, ({ type, sequence }) => {
      const errno = type === RTM_GETLINK ? ENODEV : (errnos.shift() ?? 0)
      const view = new DataView(new ArrayBuffer(4))
      view.setInt32(0, -errno, true)
      const answer: MessageView = { type: NLMSG_ERROR, flags: 0, sequence, view, start: 0, end: 4 }
      visit(answer)
    })
  },
  longest: 65_536,
  close: () => {},
})

const vlan = { kind: 'vlan', option: 'CONFIG_VLAN_8021Q', module: '8021q', data: [], explain: () => null }

describe('a link of a kind that the kernel refuses with EOPNOTSUPP', () => {
  test('has no parent, so the kernel has no such kind', async () => {
    const dummy = { ...vlan, kind: 'dummy', option: 'CONFIG_DUMMY', module: 'dummy', parent: null }
    await expect(createLink(kernelThatAnswers(EOPNOTSUPP), { name: 'd0' }, dummy)).rejects.toThrow(
      'Could not create the dummy d0: this kernel has no links of kind dummy. Load the module (modprobe dummy), or use a kernel that has it (CONFIG_DUMMY).',
    )
  })

  test('has a parent that takes none, where the kernel has the kind', async () => {
    const kernel = kernelThatAnswers(EOPNOTSUPP, EINVAL)
    await expect(createLink(kernel, { name: 'v0' }, { ...vlan, parent: 7 })).rejects.toThrow(
      'Could not create the vlan v0: the parent takes no links of kind vlan. Take another parent.',
    )
  })

  test('has a parent, but the kernel has no such kind', async () => {
    const kernel = kernelThatAnswers(EOPNOTSUPP, EOPNOTSUPP)
    await expect(createLink(kernel, { name: 'v0' }, { ...vlan, parent: 7 })).rejects.toThrow(
      'this kernel has no links of kind vlan. Load',
    )
  })
})
