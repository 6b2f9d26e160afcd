import { expect } from '@jest/globals'
import type { Container } from '../../lab/container.ts'
import type { Lab } from '../../lab/lab.ts'
import { engineRoom } from '../../lab/neighbour/engine-room.ts'
import { addresses } from '../../lab/topology.ts'
import { expectClosed } from './closed.ts'
import { families, webAt } from './shop.ts'

export const direct = { protocol: 'tcp', destination: webAt.ip, port: 80, timeoutMs: 1500 } as const

/** Writes an administrator's bans: a zone for banned sources, and a policy that is applied before the zones. */
export const writeBans = async (lab: Lab): Promise<void> => {
  const write = async (file: string, text: string): Promise<void> => {
    await (await engineRoom(lab)).mustRun(['mkdir', '-p', `/etc/firewalld/${file.split('/')[0]}`])
    await lab.host.writeText(`/etc/firewalld/${file}`, text)
  }
  for (const family of families) {
    const entry = `<entry>${addresses[family].outside}</entry>`
    const option = family === 'ip' ? '' : '<option name="family" value="inet6"/>'
    await write(`ipsets/banned-${family}.xml`, `<ipset type="hash:ip">${option}${entry}</ipset>`)
  }
  const sources = families.map((family) => `<source ipset="banned-${family}"/>`)
  await write('zones/drop.xml', `<zone target="DROP">${sources.join('')}</zone>`)
  const rules = families.map(
    (family, at) =>
      `<rule family="ipv${[4, 6][at]}"><source address="${addresses[family].distant}"/><drop/></rule>`,
  )
  const zones = '<ingress-zone name="public"/><egress-zone name="ANY"/>'
  await write('policies/bans.xml', `<policy target="CONTINUE">${zones}${rules.join('')}</policy>`)
}

export const expectRouted = async (lab: Lab, web: Container): Promise<void> => {
  for (const family of families) {
    const destination = webAt[family]
    expect(await lab.neighbour.reach({ ...direct, destination })).toMatchObject({ by: 'web' })
    await expectClosed(lab.neighbour, web, { ...direct, destination, port: 81 })
  }
}
