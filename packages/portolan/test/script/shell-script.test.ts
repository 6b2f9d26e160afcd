import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { DesiredNetwork } from '@portolan/core'
import type { Backend } from '../../src/backend/backend.ts'
import { shellScript } from '../../src/script/shell-script.ts'
import { backends, bridge, intentOf, planOf } from '../shop.ts'

const full = `
services:
  nginx: {ports: ["8080:80"], networks: [web, db]}
networks:
  web: {enable_ipv6: true, ipam: {config: [{subnet: "10.1.0.0/24"}, {subnet: "fd00:1::/64"}]}}
  db:
    driver_opts:
      com.docker.network.bridge.name: br.db
      com.docker.network.bridge.enable_icc: "false"
      com.docker.network.driver.mtu: "1400"
`

const scriptOf = (backend: Backend, text = full): string =>
  shellScript(planOf({ backend, intent: intentOf(text) }))

/** The script with one change of its first network. */
const withNetwork = (wish: Partial<DesiredNetwork>, backend: Backend = 'nftables'): string => {
  const plan = planOf({ backend })
  const networks = plan.desired.networks.map((network) => ({ ...network, ...wish }))
  return shellScript({ ...plan, desired: { ...plan.desired, networks } })
}

const syntax = (shell: string, text: string): string => {
  const { status, stderr } = spawnSync(shell, ['-n'], { input: text, encoding: 'utf8' })
  return status === 0 ? 'sound' : stderr
}

describe('a shell script', () => {
  test.each(backends)('of %s is sound to sh and to bash', (backend) => {
    expect(syntax('sh', scriptOf(backend))).toBe('sound')
    expect(syntax('bash', scriptOf(backend))).toBe('sound')
  })

  test('says what it is and stops at the first error', () => {
    expect(scriptOf('nftables').split('\n').slice(0, 3)).toEqual([
      '#!/bin/sh',
      '# Port mappings of project shop, for nftables. Run as root; safe to run again.',
      'set -eu',
    ])
  })

  test.each([
    ['another kind', '', 1, 'is there already, and is no bridge'],
    ['a bridge', '7: br: <BROADCAST>', 0, ''],
  ])('changes nothing where an interface of %s has the name of a bridge', (kind, listed, code, said) => {
    const folder = mkdtempSync(join(tmpdir(), 'portolan-script-'))
    try {
      const log = join(folder, 'log')
      for (const program of ['ip', 'nft', 'bridge'])
        writeFileSync(
          join(folder, program),
          `#!/bin/sh\necho "${program} $*" >>'${log}'\ncase "$*" in *" type bridge") echo '${listed}' | tr -d '\\n' ;; esac\n`,
          { mode: 0o755 },
        )
      // Without the sysctls, which belong to the host that runs the test.
      const script = shellScript({
        ...planOf({ backend: 'nftables', intent: intentOf(full) }),
        setsSysctls: false,
      })
      const { status, stderr } = spawnSync('sh', [], {
        input: script,
        encoding: 'utf8',
        env: { PATH: `${folder}:${process.env.PATH}` },
      })
      expect({ kind, status }).toEqual({ kind, status: code })
      expect(stderr).toContain(said)
      expect(readFileSync(log, 'utf8').includes('nft -f')).toBe(code === 0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test.each<[Backend, readonly string[]]>([
    ['nftables', ["nft -f - <<'PORTOLAN_RULES'"]],
    [
      'iptables-nft',
      [
        "iptables-nft-restore -w --noflush <<'PORTOLAN_RULES'",
        "ip6tables-nft-restore -w --noflush <<'PORTOLAN_RULES'",
      ],
    ],
    [
      'iptables-legacy',
      [
        "iptables-legacy-restore -w --noflush <<'PORTOLAN_RULES'",
        "ip6tables-legacy-restore -w --noflush <<'PORTOLAN_RULES'",
      ],
    ],
  ])('of %s loads rules from quoted here-documents', (backend, expected) => {
    expect(
      scriptOf(backend)
        .split('\n')
        .filter((line) => line.includes('<<')),
    ).toEqual(expected)
  })

  test('of iptables adds the jumps that are missing, after the chains they lead to', () => {
    const lines = scriptOf('iptables-legacy').split('\n')
    const jumps = lines.filter((line) => line.startsWith('iptables-legacy -w '))
    expect(jumps).toContain(
      'iptables-legacy -w -t filter -C FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT 2>/dev/null || iptables-legacy -w -t filter -A FORWARD -m comment --comment portolan -j PORTOLAN-ACCEPT',
    )
    for (const jump of jumps) {
      const [check = '', add = ''] = jump.split(' 2>/dev/null || ')
      expect(add.replace(/ -(A|I) (\S+)( 1)? /, ' -C $2 ')).toBe(check)
    }
    const loaded = lines.findIndex((line, index) => line === 'PORTOLAN_RULES' && index > 0)
    expect(lines.findIndex((line) => line.startsWith('iptables-legacy -w '))).toBeGreaterThan(loaded)
    const rules = lines.slice(0, loaded).filter((line) => /^-[AI] /.test(line))
    expect(rules.filter((line) => !/^-[AI] PORTOLAN-/.test(line))).toEqual([])
  })

  test('makes bridges that are missing, and sets their addresses each time', () => {
    const text = withNetwork({ mtu: 1400 }).replace(/ 06(:[0-9a-f]{2}){5} /, ' MAC ')
    expect(text).toContain(`# Network web
if ! ip link show dev '${bridge}' >/dev/null 2>&1; then
  ip link add name '${bridge}' address MAC type bridge forward_delay 0 stp_state 0
  ip link set dev '${bridge}' alias 'portolan project=shop network=web'
  ip link set dev '${bridge}' mtu 1400
fi
ip address replace '172.17.42.1/16' dev '${bridge}'
ip link set dev '${bridge}' up
for port in /sys/class/net/'${bridge}'/brif/*; do
  [ -e "$port" ] || continue
  bridge link set dev "\${port##*/}" hairpin on
done
`)
  })

  test('adds IPv6 addresses without duplicate address detection', () => {
    expect(scriptOf('nftables')).toContain(`ip address replace 'fd00:1::1/64' dev '${bridge}' nodad\n`)
  })

  test('gives a bridge without gateway no address', () => {
    const ip = { subnet: '10.1.0.0/24', gateway: null, mode: 'isolated' as const, masquerade: false }
    expect(withNetwork({ ip, internal: true })).not.toContain('ip address')
  })

  test('keeps containers apart where icc is off, with br_netfilter or without', () => {
    expect(scriptOf('nftables')).toContain(`isolated=on hooks=0
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
  for flag in /proc/sys/net/bridge/bridge-nf-call-iptables /proc/sys/net/bridge/bridge-nf-call-ip6tables; do
    [ "$(cat "$flag")" = 0 ] || isolated=off hooks=1
  done
  for port in /sys/class/net/'br.db'/brif/*; do
    [ "$(cat "$port/isolated" 2>/dev/null)" = 1 ] && continue
    [ -e "$port/isolated" ] || isolated=off hooks=1
    case "$(cat "/sys/class/net/\${port##*/}/ifalias" 2>/dev/null)" in
      "portolan project="*" network="*" endpoint="*) ;;
      *) isolated=off hooks=1 ;;
    esac
  done
  [ "$hooks" = 0 ] || ip link set dev 'br.db' type bridge nf_call_iptables 1 nf_call_ip6tables 1
fi
for port in /sys/class/net/'br.db'/brif/*; do
  [ -e "$port" ] || continue
  bridge link set dev "\${port##*/}" hairpin on
  bridge link set dev "\${port##*/}" isolated "$isolated"
done
if [ "$hooks" = 0 ] && [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
  ip link set dev 'br.db' type bridge nf_call_iptables 0 nf_call_ip6tables 0
fi
`)
    expect(withNetwork({})).not.toMatch(/nf_call|isolated/)
    expect(withNetwork({ icc: false })).not.toContain('\n  isolated=off hooks=1\n')
    expect(withNetwork({ icc: false, linked: true })).toContain(
      '  done\n  isolated=off hooks=1\n  [ "$hooks" = 0 ] || ip link set',
    )
  })

  test('neither makes nor changes the bridge of an external network', () => {
    const text = withNetwork({ external: true, icc: false, mtu: 1400 })
    expect(text.slice(text.indexOf('# Network web'))).not.toMatch(/^\s*(if ! )?ip /m)
    expect(text).not.toContain('isolated on')
    expect(text).toContain('hairpin on')
  })

  test('sets sysctls last, by their files', () => {
    const text = scriptOf('nftables')
    expect(text.slice(text.indexOf('# Sysctls'))).toBe(`# Sysctls
echo 1 > '/proc/sys/net/ipv4/ip_forward'
# An interface that forwards keeps its IPv6 default route from router advertisements only with accept_ra 2.
if [ "$(cat /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null)" = 0 ]; then
  for conf in /proc/sys/net/ipv6/conf/*; do
    [ "$(cat "$conf/accept_ra" 2>/dev/null)" = 1 ] || continue
    name="\${conf##*/}"
    learnt="$(ip -6 route show table all dev "$name" proto ra 2>/dev/null || true)"
    learnt="$learnt$(ip -6 address show dev "$name" dynamic 2>/dev/null || true)"
    [ -z "$learnt" ] || echo 2 > "$conf/accept_ra"
  done
fi
echo 1 > '/proc/sys/net/ipv6/conf/all/forwarding'
echo 1 > '/proc/sys/net/ipv4/conf/${bridge}/route_localnet'
echo 2 > '/proc/sys/net/ipv4/conf/${bridge}/rp_filter'
echo 2 > '/proc/sys/net/ipv4/conf/br.db/rp_filter'
}
`)
  })

  test('writes the dot of an interface name as the kernel does', () => {
    expect(withNetwork({ bridge: 'br.web' })).toContain(
      "echo 1 > '/proc/sys/net/ipv4/conf/br.web/route_localnet'\n",
    )
  })

  test('of internal networks alone sets no sysctl', () => {
    const text = scriptOf('nftables', 'services: {a: {networks: [n]}}\nnetworks: {n: {internal: true}}')
    expect(text).not.toContain('/proc/sys/net/ipv4/ip_forward')
  })

  test('of nothing, which takes a project away, sets no sysctl back that another program may rely on', () => {
    for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
      expect(scriptOf(backend, 'services: {}')).not.toMatch(/\/proc\/sys|sysctl/)
  })
})

describe('what a user calls things', () => {
  test('is quoted in words', () => {
    const text = withNetwork({ bridge: "br'$(id)" }, 'nftables')
    expect(text).toContain("ip link set dev 'br'\\''$(id)' up")
    expect(syntax('sh', text)).toBe('sound')
  })

  test.each(['\n', '\r', '\u2028', '\u0085', '\0'])('does not end a comment with %j', (separator) => {
    const text = withNetwork({ name: `web${separator}touch canary` })
    expect(text.split(/[\n\r\u2028\u0085\0]/).filter((line) => line.startsWith('touch'))).toEqual([])
    expect(text).toContain('# Network web?touch canary')
  })
})

test('a bridge says in its alias what its network is, as apply writes it', () => {
  const text = 'services: {db: {}}\nnetworks: {default: {internal: true}}'
  expect(scriptOf('nftables', text)).toContain("alias 'portolan project=shop network=default internal=on'")
})
