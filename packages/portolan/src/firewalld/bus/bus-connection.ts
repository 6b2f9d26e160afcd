import { connect, type Socket } from 'node:net'
import type { AfterSilence } from '@portolan/core/after-silence'
import { afterSilence } from '@portolan/host'
import { type Call, callBytes, type Message, takeMessage } from './bus-message.ts'
import { BusError } from './bus-value.ts'

/** A client's connection to the system bus. */
export interface BusConnection {
  /**
   * Calls a method.
   *
   * @returns the answer, whose kind is `reply`
   * @throws BusError where there is no such answer
   */
  call(call: Call): Promise<Message>
  close(): void
}

/** The longest wait for an answer, in milliseconds: as long as busctl(1) waits. */
const SILENCE_MS = 25_000

/**
 * The path of the system bus. DBUS_SYSTEM_BUS_ADDRESS may name several places, and the first one with a path is taken.
 * Null: no place has a path.
 */
export const busPath = (address: string | undefined): string | null =>
  address === undefined
    ? '/run/dbus/system_bus_socket'
    : (/(?:^|;)unix:(?:[^;]*,)?path=([^,;]+)/.exec(address)?.[1] ?? null)

/**
 * Connects to a bus as busctl(1) does. The bus asks the kernel which user this is (D-Bus specification, "Authentication
 * Protocol"). A client without a name on the bus is sent nothing, so this one asks for a name (`Hello`).
 *
 * @throws BusError where there is no bus, or it does not let this user in
 */
export const connectToBus = async (
  path: string,
  ofSilence: AfterSilence = afterSilence,
): Promise<BusConnection> => {
  const connection = new Connection(connect({ path }), ofSilence)
  try {
    await connection.authenticate()
    const bus = 'org.freedesktop.DBus'
    const words: readonly string[] = []
    await connection.call({
      ...{ destination: bus, path: '/org/freedesktop/DBus', interface: bus, member: 'Hello', words },
    })
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

interface Asked {
  resolve(message: Message): void
  reject(error: BusError): void
}

class Connection implements BusConnection {
  readonly #socket: Socket
  readonly #asked = new Map<number, Asked>()
  readonly #isIn: Promise<void>
  #letIn: () => void = () => {}
  #refuse: (error: BusError) => void = () => {}
  readonly #ofSilence: AfterSilence
  /** Ends the wait for the next bytes of the bus. */
  #heard: () => void = () => {}
  #isTalking = false
  #bytes: Buffer = Buffer.alloc(0)
  #fault: BusError | null = null
  #serial = 0

  constructor(socket: Socket, ofSilence: AfterSilence) {
    this.#socket = socket
    this.#isIn = new Promise((resolve, reject) => {
      this.#letIn = resolve
      this.#refuse = reject
    })
    socket.on('error', (cause) => this.#fail(new BusError('the bus cannot be reached', { cause })))
    socket.on('close', () => this.#fail(new BusError('the bus has closed the connection')))
    socket.on('data', (chunk: Buffer) => {
      this.#wait()
      this.#hear(chunk)
    })
    this.#ofSilence = ofSilence
    this.#wait()
  }

  #wait(): void {
    this.#heard()
    if (this.#fault !== null) return
    this.#heard = this.#ofSilence(SILENCE_MS, () => this.#fail(new BusError('the bus does not answer')))
  }

  authenticate(): Promise<void> {
    this.#socket.write('\0AUTH EXTERNAL\r\nDATA\r\n')
    return this.#isIn
  }

  call(call: Call): Promise<Message> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== null) return reject(this.#fault)
      this.#wait()
      this.#serial += 1
      this.#asked.set(this.#serial, { resolve, reject })
      this.#socket.write(callBytes(call, this.#serial))
    })
  }

  close(): void {
    this.#heard()
    this.#socket.destroy()
  }

  #fail(error: BusError): void {
    if (this.#fault !== null) return
    this.#fault = error
    this.#heard()
    this.#socket.destroy()
    this.#refuse(error)
    for (const { reject } of this.#asked.values()) reject(error)
    this.#asked.clear()
  }

  #hear(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    try {
      if (!this.#isTalking) this.#readLines()
      if (this.#isTalking) this.#readMessages()
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      this.#fail(error)
    }
  }

  /**
   * Reads the lines of the authentication. `DATA` asks for a user name, which is left out. Any line other than `DATA`
   * and `OK` is a refusal.
   */
  #readLines(): void {
    for (let end = this.#bytes.indexOf('\r\n'); end !== -1; end = this.#bytes.indexOf('\r\n')) {
      const line = this.#bytes.toString('latin1', 0, end)
      this.#bytes = this.#bytes.subarray(end + 2)
      if (line === 'DATA') continue
      if (!line.startsWith('OK ')) throw new BusError(`the bus refuses this user: ${line}`)
      this.#isTalking = true
      this.#socket.write('BEGIN\r\n')
      this.#letIn()
      return
    }
  }

  #readMessages(): void {
    for (let taken = takeMessage(this.#bytes); taken !== null; taken = takeMessage(this.#bytes)) {
      this.#bytes = taken.rest
      this.#settle(taken.message)
    }
  }

  #settle(message: Message): void {
    const asked = message.kind === 'other' ? undefined : this.#asked.get(message.answers)
    if (asked === undefined) return
    this.#asked.delete(message.answers)
    if (message.kind === 'reply') asked.resolve(message)
    else asked.reject(new BusError(`${message.errorName}: ${message.values.map(String).join(' ')}`))
  }
}
