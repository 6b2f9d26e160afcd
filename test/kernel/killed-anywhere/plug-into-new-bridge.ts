import type { Lab } from '../../lab/lab.ts'

/** A program that adds an interface to a bridge by ioctl, at the moment when the bridge appears. */
const program = `
import fcntl, socket, struct, sys, time
bridge, port = sys.argv[1:]
control = socket.socket()
last = 0
while True:
    try: now = socket.if_nametoindex(bridge)
    except OSError: now = 0
    if now and now != last:
        # linux/sockios.h: SIOCBRADDIF
        try: fcntl.ioctl(control, 0x89a2, struct.pack('16si20x', bridge.encode(), socket.if_nametoindex(port)))
        except OSError as error:
            if error.errno != 16: continue
    last = now
    time.sleep(0.002)
`

/**
 * Plugs a container's interface into a bridge as soon as the bridge exists, each time it appears. So a bridge that
 * comes up before its closing rules is open for this container.
 */
export const plugIntoNewBridge = (lab: Lab, bridge: string, port: string): void => {
  const running = lab.host.start(['python3', '-c', program, bridge, port], { timeoutMs: 36e5 })
  lab.use({ [Symbol.asyncDispose]: async () => running.kill('SIGKILL') })
}
