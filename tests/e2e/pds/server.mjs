// The reference data server of the AT Protocol with a directory of identities in memory, on loopback only.
// Prints one line of JSON with its address once it answers; ends with its standard input.
import net from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'

// Both servers would listen on every interface.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (port, ...rest) {
  return typeof port === 'number' ? listen.call(this, port, '127.0.0.1', ...rest) : listen.call(this, port, ...rest)
}

const freePort = () =>
  new Promise((resolve) => {
    const probe = net.createServer()
    probe.listen(0, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

process.env.LOG_ENABLED = 'false'
const { PlcServer, MockDatabase } = await import('@did-plc/server')
const { PDS, readEnv } = await import('@atproto/pds')

const plcPort = await freePort()
await PlcServer.create({ db: new MockDatabase(), port: plcPort }).start()

const port = await freePort()
const data = mkdtempSync(join(tmpdir(), 'syndicate-pds-'))
const jwtSecret = randomBytes(16).toString('hex')
const pds = await PDS.fromEnv({
  ...readEnv(),
  port,
  hostname: 'localhost',
  serviceHandleDomains: ['.test'],
  dataDirectory: data,
  blobstoreDiskLocation: join(data, 'blobs'),
  blobstoreDiskTmpLocation: join(data, 'blobs-tmp'),
  didPlcUrl: `http://127.0.0.1:${plcPort}`,
  plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
  jwtSecret,
  dpopSecret: randomBytes(32).toString('hex'),
  adminPassword: randomBytes(16).toString('hex'),
  inviteRequired: false,
  devMode: true,
  disableSsrfProtection: true,
})
await pds.start()
console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, data, jwtSecret }))

process.stdin.resume()
process.stdin.on('end', () => {
  rmSync(data, { recursive: true, force: true })
  process.exit(0)
})
