import type { Lab } from '../lab.ts'
import { engineRoom } from './engine-room.ts'

/** fail2ban on a lab's host. `ban` acts as if a log had shown the address. */
export interface Fail2ban {
  ban(address: string): Promise<void>
  unban(address: string): Promise<void>
}

/**
 * @param chain - the chain of table filter that gets the jump to the bans, at its top
 * @param ports - the ports that are closed to a banned address
 */
export const startFail2ban = async (
  lab: Lab,
  { chain = 'INPUT', ports = '0:65535' }: { readonly chain?: string; readonly ports?: string } = {},
): Promise<Fail2ban> => {
  const room = await engineRoom(lab)
  const client = (...words: readonly string[]): Promise<string> => room.mustRun(['fail2ban-client', ...words])
  await room.mustRun(['mkdir', '-p', '/var/lib/fail2ban', '/run/fail2ban'])
  await room.mustRun(['touch', '/run/lab/attempts.log'])
  await room.mustRun(['sh', '-c', 'rm -f /etc/fail2ban/jail.d/*'])
  await lab.host.writeText(
    '/etc/fail2ban/jail.local',
    `[lab]
enabled = true
backend = polling
filter =
logpath = /run/lab/attempts.log
chain = ${chain}
banaction = iptables-multiport
action = iptables-multiport[name=lab, port="${ports}", protocol=tcp, chain=${chain}]
`,
  )
  await room.daemon('fail2ban', ['fail2ban-server', '-f', '--logtarget=STDOUT'], async () => {
    const { exitCode } = await room.run(['fail2ban-client', 'status', 'lab'])
    return exitCode === 0
  })
  return {
    async ban(address) {
      await client('set', 'lab', 'banip', address)
    },
    async unban(address) {
      await client('set', 'lab', 'unbanip', address)
    },
  }
}
