const fs = require('node:fs')

/**
 * Answers each message with the output and the exit code that a process of its own would have had at its end.
 *
 * @param run - handles a message; the count begins at 1. It may set `process.exitCode`. When it throws, the answer has
 *   the error, and this process ends: a process of its own would end at once too, whatever the message has left open
 */
module.exports = (run) => {
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    process[name].write = (text, encoding, done) => {
      printed[name] += text
      const callback = typeof encoding === 'function' ? encoding : done
      if (callback !== undefined) process.nextTick(callback)
      return true
    }
  }

  // The command writes its first text on the descriptor. This refuses it like a full pipe, and the text goes to the
  // stream.
  const { writeSync } = fs
  fs.writeSync = (descriptor, ...more) => {
    if (descriptor === 1) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' })
    return writeSync(descriptor, ...more)
  }

  let isRunning = false
  let count = 0
  process.on('message', async (message) => {
    // A process of its own has no channel. While the message is handled, the channel must not keep this process alive.
    process.channel.unref()
    isRunning = true
    process.exitCode = undefined
    count += 1
    try {
      await run(message, count)
    } catch (error) {
      printed.stderr += `${error?.stack ?? error}\n`
      process.send({ exitCode: 1, ...printed, isLast: true }, () => process.exit(1))
    }
  })
  // This event means that the message has left nothing open: a process of its own would end now.
  process.on('beforeExit', (exitCode) => {
    if (!isRunning) return
    isRunning = false
    process.send({ exitCode, ...printed })
    printed.stdout = ''
    printed.stderr = ''
    process.channel.ref()
  })
  process.on('disconnect', () => process.exit())
}
