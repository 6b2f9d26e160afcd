import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../lab/run.ts'
import { type Block, codeOf, commandsOf, type ShownCommand } from './blocks.ts'
import { bundleBlocks } from './bundle-blocks.ts'
import { root } from './pages.ts'

/** The output of a block: of one command of a console block, or of a whole ts block. */
export interface Printed extends ShownCommand {
  readonly printed: string
}

/**
 * The host of a page: a network namespace with one uplink, which forwards already. It has its own leases, state, locks,
 * networks of other engines, configuration and nameservers, and not the machine's.
 */
const host = `
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
for folder in cni containers docker libvirt netplan portolan systemd/network; do
  if [ -d "/etc/$folder" ]; then mount -t tmpfs tmpfs "/etc/$folder"; fi
done
echo 'nameserver 192.0.2.53' >/run/resolv.conf
if [ -e /etc/resolv.conf ]; then mount --bind /run/resolv.conf /etc/resolv.conf; fi
ip link set lo up
ip link add eth0 type veth peer name wire
ip link set wire up
ip addr add 192.0.2.2/24 dev eth0
ip link set eth0 up
ip route add default via 192.0.2.1
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for name in all default eth0; do sysctl -qw net.ipv4.conf.$name.rp_filter=0; done
sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 2>/dev/null || :
`

// One shell runs all commands of a page, so that variables and $? stay from one to the next.
const shell = `
_code=0
step() {
  eval "$(echo '(exit $_code)'; cat "$1.sh"; echo; echo '_code=$?')" >"$1.out" 2>&1 </dev/null
}
`

// Ends the background jobs of a page, which would outlive the shell.
const ending = `trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n`

const node = process.execPath

type Step =
  | { readonly kind: 'command'; readonly block: Block; readonly of: ShownCommand }
  | { readonly kind: 'file'; readonly block: Block; readonly name: string }
  | { readonly kind: 'module'; readonly block: Block; readonly code: string }

const stepsOf = (block: Block): readonly Step[] => {
  if (block.mark?.kind === 'file') return [{ kind: 'file', block, name: block.mark.name }]
  if (block.mark?.kind === 'on-kernel') return [{ kind: 'module', block, code: codeOf(block) }]
  return block.kind === 'console' ? commandsOf(block.text).map((of) => ({ kind: 'command', block, of })) : []
}

/** Runs a page's console blocks, and its ts blocks that need a kernel, in the order of the page. */
export const runPage = async (blocks: readonly Block[]): Promise<ReadonlyMap<Block, readonly Printed[]>> => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-page-'))
  const steps = blocks.flatMap(stepsOf)
  const modules = steps.flatMap((step) => (step.kind === 'module' ? [step.code] : []))
  const bundle = await bundleBlocks(modules)
  try {
    cpSync(join(root, 'docs/example'), join(folder, 'work/docs/example'), { recursive: true })
    for (const name of ['bin', 'home', 'steps']) mkdirSync(join(folder, name))
    const command = `#!/bin/sh\nexec ${node} -- ${root}/packages/portolan/bin/portolan.js "$@"\n`
    writeFileSync(join(folder, 'bin/portolan'), command, { mode: 0o755 })
    let module = 0
    const lines = steps.map((step, at) => {
      const path = join(folder, 'steps', String(at))
      if (step.kind === 'file') {
        writeFileSync(path, step.block.text)
        return `mkdir -p "$(dirname '${step.name}')"; cp ${path} '${step.name}'`
      }
      const text = step.kind === 'command' ? step.of.command : `${node} ${bundle.files[module++]}`
      writeFileSync(`${path}.sh`, text)
      return `step ${path}`
    })
    const script = `set -e\n${host}set +e\n${shell}${ending}cd ${folder}/work\n${lines.join('\n')}\n:\n`
    const { exitCode, stderr } = await run(['unshare', '--net', '--mount', 'bash', '-c', script], {
      environment: {
        PATH: `${folder}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        HOME: join(folder, 'home'),
        LC_ALL: 'C.UTF-8',
        NODE_OPTIONS: undefined,
      },
      timeoutMs: 90_000,
    })
    if (exitCode !== 0 || stderr !== '') throw new Error(`The page's host: exit ${exitCode}\n${stderr}`)
    const printed = new Map<Block, Printed[]>()
    for (const [at, step] of steps.entries()) {
      if (step.kind === 'file') continue
      const of = step.kind === 'command' ? step.of : { command: 'the block', shown: '' }
      const text = readFileSync(join(folder, 'steps', `${at}.out`), 'utf8')
      printed.set(step.block, [...(printed.get(step.block) ?? []), { ...of, printed: text }])
    }
    return printed
  } finally {
    bundle.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}
