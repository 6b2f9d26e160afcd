import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from '@jest/globals'

const script = fileURLToPath(new URL('../../script/install-packages', import.meta.url))

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A root folder with one enabled service. Its apt-get runs `install` for the packages. */
const machine = (install: string, unknown = 'none') => {
  const root = mkdtempSync(join(tmpdir(), 'portolan-install-'))
  folders.push(root)
  const system = join(root, 'etc/systemd/system')
  for (const folder of ['bin', 'usr/sbin', 'etc/systemd/system/multi-user.target.wants'])
    mkdirSync(join(root, folder), { recursive: true })
  execFileSync('ln', ['-s', '/lib/ssh.service', join(system, 'multi-user.target.wants/ssh.service')])
  const program = (name: string, text: string): void => {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\nset -eu\n${text}\n`)
    chmodSync(join(root, 'bin', name), 0o755)
  }
  program('apt-get', `[ "$1" != install ] || { echo "$@" >"$DESTDIR/asked"; ${install}; }`)
  program('apt-cache', `[ "$2" != ${unknown} ]`)
  const policy = join(root, 'usr/sbin/policy-rc.d')
  return {
    policy,
    run: (...packages: readonly string[]) =>
      spawnSync('sh', [script, ...packages], {
        env: { ...process.env, DESTDIR: root, PATH: `${join(root, 'bin')}:${process.env.PATH}` },
        encoding: 'utf8',
      }),
    asked: (): string => execFileSync('cat', [join(root, 'asked')], { encoding: 'utf8' }),
    links: (): readonly string[] =>
      readdirSync(system, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith('.service'))
        .toSorted(),
  }
}

const enable = `
cd "$DESTDIR/etc/systemd/system"
ln -s /lib/firewalld.service multi-user.target.wants/firewalld.service
ln -s /lib/firewalld.service dbus-org.fedoraproject.FirewallD1.service`
const enabledBefore = ['multi-user.target.wants/ssh.service']

test('no service may start while packages are installed, and afterwards services may start again', () => {
  const host = machine('set +e; "$DESTDIR/usr/sbin/policy-rc.d"; [ $? = 101 ]')
  expect(host.run('ufw')).toMatchObject({ status: 0, stderr: '' })
  expect(existsSync(host.policy)).toBe(false)
})

test('a service that a package enables is enabled neither for the boot nor for calls on the bus', () => {
  const host = machine(enable)
  expect(host.run('firewalld')).toMatchObject({ status: 0 })
  expect(host.links()).toEqual(enabledBefore)
})

test('an installation that fails half-way enables nothing and forbids no service to start', () => {
  const host = machine(`${enable}; exit 100`)
  expect(host.run('firewalld')).toMatchObject({ status: 100 })
  expect(host.links()).toEqual(enabledBefore)
  expect(existsSync(host.policy)).toBe(false)
})

test.each([
  ['TERM', 143],
  ['INT', 130],
  ['HUP', 129],
])('neither does one that is ended by SIG%s', (signal, status) => {
  const host = machine(`${enable}; kill -${signal} $PPID; sleep 0.1`)
  expect(host.run('firewalld')).toMatchObject({ status })
  expect(host.links()).toEqual(enabledBefore)
  expect(existsSync(host.policy)).toBe(false)
})

test('a policy of the administrator stays', () => {
  const host = machine('true')
  writeFileSync(host.policy, '#!/bin/sh\nexit 0\n')
  expect(host.run('ufw')).toMatchObject({ status: 0 })
  expect(existsSync(host.policy)).toBe(true)
})

test('packages that a distribution does not have are named, and the others are installed', () => {
  const host = machine('true', 'netavark')
  const { status, stderr } = host.run('podman', 'netavark', 'runc')
  expect({ status, stderr }).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('netavark is not in'),
  })
  expect(host.asked()).toMatch(/ podman runc\n$/)
})
