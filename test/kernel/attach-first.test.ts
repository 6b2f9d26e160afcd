import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine, serves } from './attach/in-namespace.ts'

const labs = workerLabs()

const compose = `name: shop
services: {web: {networks: [front], ports: ["8080:80"]}, db: {networks: [front]}}
networks: {front: {enable_ipv6: true, x-portolan: {pool: classic}}}
`

test('a bridge solicits IPv6 neighbours as soon as its first endpoint is attached, and a MAC of another endpoint or of the bridge is refused', async () => {
  await using lab = await labs.open()
  const file = await lab.write('compose.yaml', compose)
  const run = async (line: string) => lab.portolan(line.split(' '))
  expect(await run(`apply --yes -f ${file}`)).toMatchObject({ exitCode: 0, stderr: '' })
  const [web, db] = [await bareMachine(lab, 'web'), await bareMachine(lab, 'db')]
  const attach = async (machine: typeof web, more = '') =>
    run(`attach shop/front --netns ${machine.pid} --name ${machine.name}${more}`)
  expect(await attach(web)).toMatchObject({ exitCode: 0, stderr: '' })
  const [bridge] = fromJson<[{ readonly ifname: string; readonly address: string }]>(
    await lab.host.mustRun(['ip', '-j', 'link', 'show', 'type', 'bridge']),
  )
  // The kernel sends no neighbour solicitation without a link-local address that is not tentative.
  const tentative = ['ip', '-6', 'address', 'show', 'dev', bridge.ifname, 'tentative']
  expect(await lab.host.mustRun(tentative)).toBe('')
  const linkLocal = ['ip', '-6', 'address', 'show', 'dev', bridge.ifname, 'scope', 'link']
  expect(await lab.host.mustRun(linkLocal)).toMatch(/fe80::\S+ scope link nodad/)
  expect([await serves(lab, 'ip'), await serves(lab, 'ip6')]).toEqual(['web', 'web'])
  for (const [mac, words] of [
    [
      '02:42:AC:11:00:01',
      'endpoint db cannot have the MAC 02:42:ac:11:00:01 on network front: endpoint web of that network has it, and packets for one of the two would come to the other. Give the endpoint another one (mac, --mac).',
    ],
    [bridge.address, `its bridge ${bridge.ifname} of this host has it`],
  ] as const)
    expect(await attach(db, ` --mac ${mac}`)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(words),
    })
  expect(await db.mustRun(['ip', '-o', 'link'])).not.toContain('eth0')
  expect(await attach(db)).toMatchObject({ exitCode: 0, stderr: '' })
})

test('attach returns only once the kernel has the local route of the IPv6 address, where the kernel makes that route late', async () => {
  await using lab = await labs.open()
  const file = await lab.write('compose.yaml', compose)
  await lab.portolan(['apply', '--yes', '-f', file])
  const web = await bareMachine(lab, 'web')
  // Simulates a busy machine, on which the kernel makes the local route of an address later than the address. This `ip`
  // deletes that route as soon as it is there. This `sleep` adds it again once attach has waited twice.
  const folder = '/run/lab/late'
  await lab.host.mustRun(['mkdir', '-p', folder])
  const programs = {
    ip: `/usr/sbin/ip "$@" || exit
if [ "$*" != "-batch -" ]; then exit; fi
until /usr/sbin/ip -6 route show table local dev eth0 | grep '^local fd' > ${folder}/route; do :; done
exec /usr/sbin/ip -6 route del $(cat ${folder}/route) dev eth0 table local`,
    sleep: `echo >> ${folder}/looks
if [ "$(wc -l < ${folder}/looks)" = 2 ]; then /usr/sbin/ip -6 route add $(cat ${folder}/route) dev eth0 table local; fi
exec /usr/bin/sleep "$@"`,
  }
  for (const [name, script] of Object.entries(programs)) {
    await lab.host.writeText(`${folder}/${name}`, `#!/bin/sh\n${script}\n`)
    await lab.host.mustRun(['chmod', '755', `${folder}/${name}`])
  }
  const attached = await lab.portolan(['attach', 'shop/front', '--netns', String(web.pid), '--name', 'web'], {
    environment: { PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin` },
  })
  const found = await web.mustRun(['ip', '-6', 'route', 'show', 'table', 'local', 'dev', 'eth0'])
  expect({ ...attached, found }).toMatchObject({
    exitCode: 0,
    stderr: '',
    found: expect.stringMatching(/^local fd/m),
  })
  expect(await lab.host.mustRun(['wc', '-l', `${folder}/looks`])).toMatch(/^2 /)
})
