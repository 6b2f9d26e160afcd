import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { commandLine, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const module = (name: string): string =>
  JSON.stringify(fileURLToPath(new URL(`../../packages/${name}/dist/index.js`, import.meta.url)))

/** An orchestrator that leases an address of the project's network for a task that is in no file. */
const orchestrator = `import { acquireAddress } from ${module('core')}
import { openLeaseStore } from ${module('portolan')}
const store = openLeaseStore('state')
const { address } = await store.transact((state) => acquireAddress(state, {
  on: { project: 'shop', network: 'web' }, holder: { project: 'shop', service: 'task', replica: 1 },
  subnet: '172.17.0.0/16', gateway: '172.17.42.1', ipRange: null, address: null, mac: null }))
await store.close()
console.log(address)
`
const services = (...names: readonly string[]) =>
  `name: shop\nnetworks: {web: {}}\nservices: {${names.map((name) => `${name}: {networks: [web]}`).join(', ')}}\n`

const folder = temporaryFolder({
  'two.yaml': services('a', 'b'),
  'one.yaml': services('a'),
  'orchestrator.mjs': orchestrator,
})

describeOnKernel('leases of an orchestrator in a project', 'nftables', () => {
  test('survive re-planning, and what a plan gives up is a change that plan exits 2 for', async () => {
    const portolan = commandLine.join(' ')
    const { stdout } = await run(
      [
        ...['unshare', '--net', 'sh', '-c'],
        `${portolan} apply --yes --state state -f two.yaml >/dev/null; ${process.execPath} orchestrator.mjs
        ${portolan} plan --rules --state state -f one.yaml >out; echo "code $?"; grep -A1 '^  leases' out
        ${portolan} apply --yes --state state -f one.yaml | tail -1
        ${portolan} plan --state state -f one.yaml | sed -n 2p
        ${process.execPath} orchestrator.mjs; ${portolan} apply --yes --state state -f two.yaml >/dev/null
        ${portolan} plan --state state -f two.yaml | grep -A2 ^Addresses`,
      ],
      { folder },
    )
    expect(stdout.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
      '172.17.0.3',
      'code 2',
      'leases',
      '- address 172.17.0.2 of b on network web',
      'Applied 1 change.',
      'Nothing to do.',
      '172.17.0.3',
      'Addresses',
      'a web 172.17.0.1 02:42:ac:11:00:01',
      'b web 172.17.0.2 02:42:ac:11:00:02',
      '',
    ])
  })
})
