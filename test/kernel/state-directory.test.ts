import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const labs = workerLabs()

const shop = `name: shop
services: { web: { ports: ["8080:80"] } }
networks: { default: { driver_opts: { com.docker.network.bridge.name: br-shop } } }
`

/** A directory with a valid state file of this namespace. */
const applyWithState = async (lab: Lab, directory: string): Promise<string> => {
  await lab.host.setSysctl('net.ipv4.ip_forward', 0)
  const file = await lab.write('compose.yaml', shop)
  const words = ['apply', '-f', file, '--backend', 'nftables', '--yes', '--state', directory]
  expect(await lab.portolan(words)).toMatchObject({ exitCode: 0 })
  const names = await lab.host.mustRun(['sh', '-c', `ls ${directory}/state-*.json`])
  return names.trim()
}

const plantedFix = {
  project: 'shop',
  name: 'ufw',
  beneficiaries: ['web'],
  needs: [{ of: 'network', bridge: 'br-shop', address: null, protocol: null, port: null }],
  commands: [['ufw', 'route', 'prepend', 'allow', 'to', 'any']],
  undo: [['touch', '/run/lab/run-as-root']],
}

const plantCommands = async (lab: Lab, file: string): Promise<void> => {
  const kept = fromJson<{ state: object }>(await lab.host.readText(file))
  await lab.host.writeText(file, JSON.stringify({ ...kept, state: { ...kept.state, fixes: [plantedFix] } }))
}

const wasCommandRun = async ({ host }: Lab): Promise<boolean> =>
  (await host.run(['test', '-e', '/run/lab/run-as-root'])).exitCode === 0

describeOnKernel('commands in the state file', 'nftables', () => {
  test('are not run where other users may write to the directory: the error has the command that forbids it', async () => {
    await using lab = await labs.open()
    const directory = '/run/lab/state'
    await plantCommands(lab, await applyWithState(lab, directory))
    for (const [how, mend] of [
      ['chmod 777', 'chmod go-w'],
      ['chmod 755 && chown 1000:1000', 'chown root:root'],
    ] as const) {
      await lab.host.mustRun(['sh', '-c', how.replaceAll(/ (755|777|1000:1000)/g, ` $1 ${directory}`)])
      for (const words of [
        ['destroy', '--all', '--yes'],
        ['plan', '-f', '/run/lab/compose.yaml'],
      ]) {
        const { exitCode, stderr } = await lab.portolan([...words, '--state', directory])
        expect({ exitCode, stderr }).toEqual({
          exitCode: 1,
          stderr: expect.stringContaining(`${mend} ${directory}`),
        })
      }
    }
    expect(await wasCommandRun(lab)).toBe(false)
  })

  test('are not run where Portolan does not write such a command: the error shows it', async () => {
    await using lab = await labs.open()
    const directory = '/var/lib/portolan'
    const file = await applyWithState(lab, directory)
    await plantCommands(lab, file)
    for (const words of [
      ['destroy', '--all', '--yes'],
      ['plan', '-f', '/run/lab/compose.yaml'],
    ]) {
      const { exitCode, stderr } = await lab.portolan(words)
      expect({ exitCode, stderr }).toEqual({
        exitCode: 1,
        stderr: expect.stringContaining(
          `${file} is damaged: "fixes" holds a command that Portolan does not write: touch /run/lab/run-as-root`,
        ),
      })
    }
    expect(await wasCommandRun(lab)).toBe(false)
  })
})
