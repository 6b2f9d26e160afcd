import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { pilotOf, shop } from './pilot.ts'

const ordinaryUser = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--bounding-set=-all',
  '--inh-caps=-all',
]

// Hides programs by removing them from the usual folders. A short PATH is not enough, because the command searches
// those folders anyway.
const hide = async (lab: Lab, ...programs: readonly string[]): Promise<void> => {
  const folders = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin']
  for (const folder of folders) {
    const here = programs.map((program) => `${folder}/${program}`)
    await lab.host.mustRun([
      'sh',
      '-ec',
      `for file in "$@"; do [ -e "$file" ] || continue
         copy=/run/lab/without$(dirname "$file"); mkdir -p "$copy" "$copy.all"
         mount --bind "$(dirname "$file")" "$copy.all"
         for entry in "$copy.all"/*; do ln -sf "$entry" "$copy/"; done
         for gone in "$@"; do rm -f "$copy/$(basename "$gone")"; done
         mount --bind "$copy" "$(dirname "$file")"; break; done`,
      'sh',
      ...here,
    ])
  }
}

const programOf: Readonly<Record<Exclude<Backend, 'nftables'>, readonly [string, string]>> = {
  'iptables-nft': ['iptables-nft-restore', 'iptables'],
  'iptables-legacy': ['iptables-legacy-restore', 'iptables'],
}

/** When something cannot be done, the command explains it in a sentence and changes nothing. */
export const refusals = (open: OpenLab, backend: Backend): void => {
  test('plan without privilege works, and says what it could not read', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend, { state: '/run/lab/ordinary' })
    const file = await lab.write('compose.yaml', shop())
    const plan = await lab.host.run([...ordinaryUser, ...lab.command, ...pilot.argv('plan', file)])
    expect(plan).toMatchObject({ exitCode: 2 })
    expect(plan.stdout + plan.stderr).toMatch(/172\.17\.0\.0\/16/)
    expect(plan.stdout + plan.stderr).toMatch(/(could not|cannot|can not) be read|CAP_NET_ADMIN/)
    expect(plan.stderr).not.toMatch(/^ +at /m)
  })

  test('apply without privilege names the missing capability, and changes nothing', async () => {
    const lab = await open()
    const before = await takeSnapshot(lab.host)
    const pilot = pilotOf(lab, backend, { state: '/run/lab/ordinary' })
    const file = await lab.write('compose.yaml', shop())
    const apply = await lab.host.run([...ordinaryUser, ...lab.command, ...pilot.argv('apply', file, '--yes')])
    expect(apply).toMatchObject({ exitCode: 1 })
    expect(apply.stderr).toContain('CAP_NET_ADMIN')
    expect(apply.stderr).not.toMatch(/^ +at /m)
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  if (backend === 'nftables') {
    test('apply, plan and destroy work without the program nft', async () => {
      const lab = await open()
      const before = await takeSnapshot(lab.host)
      await hide(lab, 'nft')
      const pilot = pilotOf(lab, backend)
      expect(await pilot.run('apply', shop(), '--yes')).toMatchObject({ exitCode: 0, stderr: '' })
      expect(await pilot.plan(shop())).toMatchObject({ exitCode: 0 })
      expect(await pilot.run('destroy', shop(), '--yes')).toMatchObject({ exitCode: 0, stderr: '' })
      for (const folder of ['/usr/sbin', '/usr/bin']) await lab.host.run(['umount', folder])
      expect(await takeSnapshot(lab.host)).toEqual(before)
    })
  } else {
    test('apply names a program that is not installed, with its package, and changes nothing', async () => {
      const lab = await open()
      const before = await takeSnapshot(lab.host)
      const [program, packageName] = programOf[backend]
      const family = program.startsWith('ip') ? [program, program.replace('ip', 'ip6')] : [program]
      await hide(lab, ...family)
      const { exitCode, stderr } = await pilotOf(lab, backend).run('apply', shop(), '--yes')
      expect({ exitCode, stderr }).toEqual({
        exitCode: 1,
        stderr: expect.stringMatching(new RegExp(`\\b${packageName}\\b`)),
      })
      expect(stderr).toMatch(/not installed/)
      for (const folder of ['/usr/sbin', '/usr/bin']) await lab.host.run(['umount', folder])
      expect(await takeSnapshot(lab.host)).toEqual(before)
    })
  }

  test('a host port that a process listens on blocks apply, with the name of the process, until --force', async () => {
    const lab = await open()
    await lab.host.listen({ protocol: 'tcp', port: 8080 })
    const before = await takeSnapshot(lab.host)
    const pilot = pilotOf(lab, backend)
    const plan = await pilot.plan(shop())
    expect(plan.exitCode).toBe(3)
    expect(plan.conflicts).toContainEqual(
      expect.objectContaining({
        kind: 'HostPortTaken',
        severity: 'error',
        message: expect.stringMatching(/^python3 already listens on \S+:8080\/tcp\./),
      }),
    )
    expect((await pilot.run('apply', shop(), '--yes')).exitCode).toBe(3)
    expect(await takeSnapshot(lab.host)).toEqual(before)
    await pilot.apply(shop(), '--force')
    await lab.host.unlisten('tcp', 8080)
    expect((await pilot.plan(shop())).changes).toEqual([])
  })

  test('apply fails before any change where the state directory cannot be written', async () => {
    const lab = await open()
    const directory = '/run/lab/readonly'
    await lab.host.mustRun(['mkdir', directory])
    await lab.host.mustRun(['mount', '-t', 'tmpfs', '-o', 'ro,mode=0755', 'tmpfs', directory])
    const before = await takeSnapshot(lab.host)
    const pilot = pilotOf(lab, backend, { state: directory })
    const { exitCode, stderr } = await pilot.run('apply', shop(), '--yes')
    expect(exitCode).toBe(1)
    expect(stderr).toContain(directory)
    expect(stderr).toContain('--state')
    expect(stderr).toContain('Nothing was changed.')
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  test('apply without --yes and without a terminal fails instead of waiting', async () => {
    const lab = await open()
    const before = await takeSnapshot(lab.host)
    const { exitCode, stderr } = await pilotOf(lab, backend).run('apply', shop())
    expect(exitCode).toBe(1)
    expect(stderr).toContain('--yes')
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })
}
