import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

/**
 * Node as it is on another system, where no native code of a dependency was built. It names each native module that is
 * loaded all the same.
 */
const elsewhere = `
Object.defineProperty(process, 'platform', { value: 'SYSTEM' })
process.dlopen = (_, file) => {
  console.error('native code was loaded:', file)
  throw new Error('no native code for SYSTEM')
}
`

/** Runs a program beside this workspace's packages, on a system that is not Linux. */
const runOn = (
  system: string,
  program: string,
): { status: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', `${elsewhere.replaceAll('SYSTEM', system)}${program}`],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

test.each(['win32', 'darwin'])('a test with the fake host runs on %s, without native code', (system) => {
  const program = `
const { readCompose } = await import('@portolan/core')
const { fakeHost } = await import('@portolan/testing')
await import('@portolan/netfilter')
await import('@portolan/nftables')
await import('@portolan/iptables')
await import('portolan')
const host = fakeHost()
const intent = readCompose('{name: shop, services: {web: {ports: ["8080:80"]}}}', { source: 'compose.yaml' })
await host.apply(await host.plan(intent))
const client = { family: 'ip', in: 'eth0', source: '198.51.100.7', protocol: 'tcp' }
console.log(host.send({ ...client, destination: '192.0.2.2', destinationPort: 8080 }).outcome)
const live = await host.openHost({ project: 'blog' })
await live.ensureNetwork('web')
await live.close()
`
  expect(runOn(system, program)).toEqual({
    status: 0,
    stdout: 'delivered\n',
    stderr: '',
  })
})
