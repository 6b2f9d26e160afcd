import { describe, expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { addressOf, type ContainerName, containers, type Family, hostAddresses } from './scenario.ts'
import { traces } from './traces.ts'

/** What a container routes for others, such as clients of a VPN: of no network here. */
export const behindContainer = { ip: '203.0.113.77', ip6: '2001:db8:77::7' } as const

const RST = 0x04
const ACK = 0x10

/** Containers whose network is hidden behind the host, and those whose own addresses are seen outside. */
export const masqueraded = ['nginx', 'q1', 'h1', 'o1'] as const
export const seenThemselves = ['d1', 'p1'] as const

/** What would leave a masqueraded network with a source that no nat chain touches. */
export const leavingCases = (currentLab: () => Lab): void => {
  describe.each(['ip', 'ip6'] as const)('leaving for the outside, in family %s', (family: Family) => {
    const sent = (name: ContainerName, source: string, tcpFlags?: number): Promise<readonly string[]> => {
      const lab = currentLab()
      const sender = lab.containers.get(name)
      if (sender === undefined) throw new Error(`the lab has no container ${name}`)
      const packet = { source, destination: addressOf('outside', family), port: 7000 }
      const flags = tcpFlags === undefined ? {} : { tcpFlags }
      return traces(lab, sender, `pt-${containers[name][0]}`, [{ ...packet, ...flags }])
    }

    test.each(masqueraded)(
      'no invalid segment of %s leaves, as it would not be masqueraded',
      async (name) => {
        expect(await sent(name, addressOf(name, family), RST)).toEqual([])
      },
    )

    test.each(masqueraded)('nothing of another source leaves %s, for the same reason', async (name) => {
      expect(await sent(name, behindContainer[family])).toEqual([])
    })

    test.each(masqueraded)(
      'a flow of %s that conntrack picks up in the middle leaves masqueraded',
      async (name) => {
        const found = await sent(name, addressOf(name, family), ACK)
        expect(found.length).toBeGreaterThan(0)
        const sources = found
          .filter((one) => one.includes(' at outside, '))
          .map((one) => one.split(', from ')[1])
        for (const source of sources) expect(hostAddresses(family)).toContain(source)
      },
    )

    test.each(seenThemselves)(
      '%s, whose network is not masqueraded, sends both as they are',
      async (name) => {
        const own = addressOf(name, family)
        expect((await sent(name, own, RST)).join()).toContain(`at outside, from ${own}`)
        const other = behindContainer[family]
        expect((await sent(name, other)).join()).toContain(`at outside, from ${other}`)
      },
    )
  })
}
