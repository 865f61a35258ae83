// Members that ts-mls holds, asked over a pipe (see peer.h for the frames). A question names what to "do" and for "who",
// with blobs behind it; the answer is "ok" and blobs, or why not. States are values: what fails changes nothing.
import { register } from "node:module"

if (!process.env.MAJLIS_AS_PUBLISHED) register("./repairs.mjs", import.meta.url)
const mls = await import("ts-mls")
const { signLeafNodeCommit } = await import("ts-mls/leafNode.js") // Signs a leaf of an Update as well.
const { decodeRatchetTree, encodeRatchetTree } = await import("ts-mls/ratchetTree.js")

const text = (value) => new TextEncoder().encode(String(value))
const members = new Map() // who -> { signature, offered, state, update }
const externalSecrets = {} // base64 of a PSK's id -> the secret
let suite
let extension // The one that the scripts put into the group context.

// ---- Values ----

const wrap = (wireformat, field, value) => mls.encodeMlsMessage({ version: "mls10", wireformat, [field]: value })

function unwrap(bytes, ...wireformats) {
  const decoded = mls.decodeMlsMessage(bytes, 0)
  if (decoded === undefined || decoded[1] !== bytes.length) throw new Error("no MLSMessage")
  if (!wireformats.includes(decoded[0].wireformat)) throw new Error(`unexpected ${decoded[0].wireformat}`)
  return decoded[0]
}

const tree = (bytes) => (bytes.length === 0 ? undefined : decodeRatchetTree(bytes, 0)[0])
const pskIndex = (state) => mls.makePskIndex(state, externalSecrets)

function member(who) {
  if (!members.has(who)) members.set(who, {})
  return members.get(who)
}

// The new value is in use from here on, the keys it has used up are wiped.
function become(who, { newState, consumed }) {
  member(who).state = newState
  consumed?.forEach(mls.zeroOutUint8Array)
}

// ---- Proposals ----

// A leaf with a fresh key for this member. The key comes into use with the commit that takes up the Update.
async function update(me) {
  const { privatePath, ratchetTree, groupContext, signaturePrivateKey } = me.state
  const { leaf } = ratchetTree[2 * privatePath.leafIndex]
  const pair = await suite.hpke.generateKeyPair()
  const hpkePublicKey = await suite.hpke.exportPublicKey(pair.publicKey)
  me.update = await suite.hpke.exportPrivateKey(pair.privateKey)
  const { signaturePublicKey, credential, capabilities, extensions } = leaf
  const position = { groupId: groupContext.groupId, leafIndex: privatePath.leafIndex }
  const unsigned = { hpkePublicKey, signaturePublicKey, credential, capabilities, extensions, leafNodeSource: "update" }
  return signLeafNodeCommit({ ...unsigned, ...position }, signaturePrivateKey, suite.signature)
}

// Before ts-mls looks for a key that opens the path, the updated leaf's has to be in its place.
function notice(me, { kind, senderLeafIndex, proposals }) {
  const mine = ({ proposal, senderLeafIndex }) =>
    proposal.proposalType === "update" && senderLeafIndex === me.state.privatePath.leafIndex
  if (kind === "commit" && proposals.some(mine))
    me.state.privatePath.privateKeys[2 * me.state.privatePath.leafIndex] = me.update
  return "accept"
}

async function proposal(me, { kind, leaf }, bytes) {
  switch (kind) {
    case "add":
      return { proposalType: "add", add: { keyPackage: unwrap(bytes, "mls_key_package").keyPackage } }
    case "remove":
      return { proposalType: "remove", remove: { removed: leaf } }
    case "update":
      return { proposalType: "update", update: { leafNode: await update(me) } }
    case "psk": {
      const pskNonce = suite.rng.randomBytes(suite.kdf.size)
      return { proposalType: "psk", psk: { preSharedKeyId: { psktype: "external", pskId: bytes, pskNonce } } }
    }
    case "resumption": {
      const { groupId: pskGroupId, epoch: pskEpoch } = me.state.groupContext
      const pskNonce = suite.rng.randomBytes(suite.kdf.size)
      const usage = "application"
      return { proposalType: "psk", psk: { preSharedKeyId: { psktype: "resumption", usage, pskGroupId, pskEpoch, pskNonce } } }
    }
    case "reinit": {
      const { cipherSuite, version, extensions } = me.state.groupContext
      return { proposalType: "reinit", reinit: { groupId: bytes, version, cipherSuite, extensions } }
    }
    case "extensions": {
      const extensions = bytes.length === 0 ? [] : [{ extensionType: extension, extensionData: bytes }]
      return { proposalType: "group_context_extensions", groupContextExtensions: { extensions } }
    }
  }
  throw new Error(`no proposal ${kind}`)
}

// ---- What can be asked ----

const commands = {
  // A suite by number, and a seed for the GREASE values that ts-mls strews in.
  async begin({ suite: number, seed, extension: type }) {
    const name = Object.keys(mls.ciphersuites).find((name) => mls.ciphersuites[name] === number)
    suite = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName(name))
    members.clear()
    let x = seed | 1
    Math.random = () => {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
      return (x >>> 0) / 2 ** 32
    }
    extension = type
    return []
  },

  async psk(_, id, secret) {
    externalSecrets[mls.bytesToBase64(id)] = secret
    return []
  },

  // A fresh key package; the signature key stays.
  async offer({ who, certified, from, until }) {
    const me = member(who)
    me.signature ??= await suite.signature.keygen()
    const name = text(`member ${who}`)
    const credential = certified
      ? { credentialType: "x509", certificates: [name, text("authority")] }
      : { credentialType: "basic", identity: name }
    const basis = mls.defaultCapabilities()
    const capabilities = { ...basis, extensions: [...basis.extensions, extension] }
    const lifetime = { notBefore: BigInt(from), notAfter: BigInt(until) }
    me.offered = await mls.generateKeyPackageWithKey(credential, capabilities, lifetime, [], me.signature, suite)
    return [wrap("mls_key_package", "keyPackage", me.offered.publicPackage)]
  },

  async create({ who }, groupId) {
    const me = member(who)
    me.state = await mls.createGroup(groupId, me.offered.publicPackage, me.offered.privatePackage, [], suite)
    return []
  },

  async propose({ who, open, wishes }, authenticatedData, bytes) {
    const me = member(who)
    const made = await proposal(me, wishes[0], bytes)
    const result = await mls.createProposal(me.state, open, made, suite, authenticatedData)
    become(who, result)
    return [mls.encodeMlsMessage(result.message)]
  },

  // With the wishes by value, and by reference all proposals that have come.
  async commit({ who, open, treeInside, wishes }, authenticatedData, ...blobs) {
    const me = member(who)
    const extraProposals = await Promise.all(wishes.map((wish, i) => proposal(me, wish, blobs[i])))
    const result = await mls.createCommit(
      { state: me.state, cipherSuite: suite, pskIndex: pskIndex(me.state) },
      {
        wireAsPublicMessage: open,
        ratchetTreeExtension: treeInside,
        authenticatedData,
        extraProposals,
      },
    )
    become(who, result)
    const welcome = result.welcome === undefined ? text("") : wrap("mls_welcome", "welcome", result.welcome)
    return [mls.encodeMlsMessage(result.commit), welcome, encodeRatchetTree(result.newState.ratchetTree)]
  },

  // A commit or proposal answers nothing, an application message what it says.
  async receive({ who }, bytes) {
    const me = member(who)
    const message = unwrap(bytes, "mls_public_message", "mls_private_message")
    const accept = (incoming) => notice(me, incoming)
    const result =
      message.wireformat === "mls_public_message"
        ? await mls.processPublicMessage(me.state, message.publicMessage, pskIndex(me.state), suite, accept)
        : await mls.processPrivateMessage(me.state, message.privateMessage, pskIndex(me.state), suite, accept)
    become(who, result)
    return result.kind === "applicationMessage" ? [result.message] : []
  },

  async join({ who }, welcome, treeBytes) {
    const me = member(who)
    const { publicPackage, privatePackage } = me.offered
    me.state = await mls.joinGroup(
      unwrap(welcome, "mls_welcome").welcome,
      publicPackage,
      privatePackage,
      pskIndex(undefined),
      suite,
      tree(treeBytes),
    )
    return []
  },

  // What lets somebody in from outside; the tree besides it when it is not inside.
  async groupInfo({ who, treeInside }) {
    const { state } = member(who)
    const make = treeInside ? mls.createGroupInfoWithExternalPubAndRatchetTree : mls.createGroupInfoWithExternalPub
    return [wrap("mls_group_info", "groupInfo", await make(state, [], suite)), encodeRatchetTree(state.ratchetTree)]
  },

  // By a commit from outside; `again` also removes the leaf that the same signature key has.
  async enter({ who, again }, groupInfo, treeBytes, authenticatedData) {
    const { publicPackage, privatePackage } = member(who).offered
    const result = await mls.joinGroupExternal(
      unwrap(groupInfo, "mls_group_info").groupInfo,
      publicPackage,
      privatePackage,
      again,
      suite,
      tree(treeBytes),
      undefined,
      authenticatedData,
    )
    become(who, result)
    return [wrap("mls_public_message", "publicMessage", result.publicMessage)]
  },

  // A proposal of one who is outside to be added.
  async ask({ who }, groupInfo, authenticatedData) {
    const { publicPackage, privatePackage } = member(who).offered
    const info = unwrap(groupInfo, "mls_group_info").groupInfo
    return [
      mls.encodeMlsMessage(await mls.proposeAddExternal(info, publicPackage, privatePackage, suite, authenticatedData)),
    ]
  },

  // The group that continues the present one: the one its ReInit asks for, or a branch.
  async succeed({ who, isBranch }, groupId, ...keyPackages) {
    const { state, offered } = member(who)
    const { publicPackage, privatePackage } = offered
    const others = keyPackages.map((bytes) => unwrap(bytes, "mls_key_package").keyPackage)
    const { cipherSuite, extensions } = state.groupContext
    const result = isBranch
      ? await mls.branchGroup(state, publicPackage, privatePackage, others, groupId, suite)
      : await mls.reinitCreateNewGroup(state, publicPackage, privatePackage, others, groupId, cipherSuite, extensions)
    become(who, result)
    return [wrap("mls_welcome", "welcome", result.welcome), encodeRatchetTree(result.newState.ratchetTree)]
  },

  async joinAgain({ who }, welcome, treeBytes) {
    const me = member(who)
    const { publicPackage, privatePackage } = me.offered
    const { kind } = me.state.groupActiveState
    const message = unwrap(welcome, "mls_welcome").welcome
    me.state =
      kind === "active"
        ? await mls.joinGroupFromBranch(me.state, message, publicPackage, privatePackage, tree(treeBytes), suite)
        : await mls.joinGroupFromReinit(me.state, message, publicPackage, privatePackage, tree(treeBytes))
    return []
  },

  async say({ who }, authenticatedData, payload) {
    const result = await mls.createApplicationMessage(member(who).state, payload, suite, authenticatedData)
    become(who, result)
    return [wrap("mls_private_message", "privateMessage", result.privateMessage)]
  },

  // Where a member stands: what all members must agree on, and its leaf.
  async look({ who, label, size }, context) {
    const { state } = member(who)
    const exported = await mls.mlsExporter(state.keySchedule.exporterSecret, label, context, size, suite)
    const count = state.ratchetTree.filter((node) => node?.nodeType === "leaf").length
    return [
      text(state.groupActiveState.kind === "removedFromGroup" ? 0 : 1),
      text(state.groupContext.epoch),
      text(state.privatePath.leafIndex),
      text(count),
      state.keySchedule.epochAuthenticator,
      exported,
    ]
  },

  async leave({ who }) {
    delete member(who).state
    return []
  },
}

// ---- The pipe ----

let input = Buffer.alloc(0)

// One whole frame of the input as its fields, or undefined.
function takeFrame() {
  if (input.length < 4) return undefined
  const fields = []
  let at = 4
  for (let left = input.readUInt32BE(0); left > 0; left--) {
    if (input.length < at + 4) return undefined
    const end = at + 4 + input.readUInt32BE(at)
    if (input.length < end) return undefined
    fields.push(new Uint8Array(input.subarray(at + 4, end)))
    at = end
  }
  input = input.subarray(at)
  return fields
}

function number(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

async function answer([question, ...blobs]) {
  try {
    const asked = JSON.parse(new TextDecoder().decode(question))
    return [text("ok"), ...(await commands[asked.do](asked, ...blobs))]
  } catch (error) {
    return [text(process.env.MAJLIS_VERBOSE ? error.stack : error)]
  }
}

for await (const chunk of process.stdin) {
  input = Buffer.concat([input, chunk])
  for (let fields = takeFrame(); fields !== undefined; fields = takeFrame()) {
    const said = await answer(fields)
    process.stdout.write(Buffer.concat([number(said.length), ...said.flatMap((field) => [number(field.length), field])]))
  }
}
