import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine } from './attach/in-namespace.ts'

const compose = (address: string): string => `name: shop
services:
  web: { networks: { lan: { ipv4_address: ${address} } } }
networks:
  lan: { driver: macvlan, driver_opts: { parent: eth0 }, ipam: { config: [{ subnet: 192.0.2.0/24 }] } }
`

test('attach names an interface that still has the former address of its service, and detach removes it', async () => {
  await using lab = await workerLabs().open()
  const web = await bareMachine(lab, 'web')
  const apply = async (address: string): Promise<void> => {
    const file = await lab.write('compose.yaml', compose(address))
    expect(await lab.portolan(['apply', '--yes', '-f', file])).toMatchObject({ exitCode: 0 })
  }
  const run = async (line: string) => lab.portolan(line.split(' '))
  await apply('192.0.2.200')
  const attach = `attach shop/lan --netns ${web.pid} --name web`
  expect(await run(attach)).toMatchObject({ exitCode: 0, stderr: '' })
  expect(fromJson(await web.mustRun(['ip', '-j', 'link', 'show', 'eth0']))).toEqual([
    expect.objectContaining({ ifalias: 'portolan project=shop network=lan endpoint=web' }),
  ])
  await apply('192.0.2.201')
  expect(await run(attach)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(
      'eth0 is the interface of endpoint web already, with the MAC 02:42:c0:00:02:c8, and 02:42:c0:00:02:c9 is leased by now. Detach it first (portolan detach web -p shop --netns ...)',
    ),
  })
  expect(
    await run(`attach shop/lan --netns ${web.pid} --name api --interface eth1 --address 192.0.2.200`),
  ).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('192.0.2.200 on eth0 is on the interface of web'),
  })
  expect(await run(`${attach} --interface eth1`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining(
      'with an address that it had before: a child of eth0 has the MAC address',
    ),
  })
  expect(await run(`detach web -p shop --netns ${web.pid}`)).toMatchObject({ exitCode: 0, stderr: '' })
  expect(await web.mustRun(['ip', 'link'])).not.toContain('eth0')
  expect(await run(attach)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('192.0.2.201') })
  // The message names another endpoint's address, which stays.
  expect(await run(`attach shop/lan --netns ${web.pid} --name api`)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('eth0 is the interface of endpoint web of network shop/lan'),
  })
  await run(`detach api -p shop --netns ${web.pid}`)
  expect(await web.mustRun(['ip', 'link'])).toContain('eth0')
})
