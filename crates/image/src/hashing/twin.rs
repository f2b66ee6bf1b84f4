//! SHA-256 of a stream and, at the same time, of the files in it.
//!
//! A layer's uncompressed archive is hashed as a whole (its diff id), and each file in it by
//! itself. Both hashes eat the same 64-byte blocks, because tar starts every file at a multiple
//! of 512. One block's message schedule serves both, and two chains of rounds interleave where
//! one alone leaves the processor waiting for itself: the second hash is nearly free. Measured
//! on an image of 3.8 GB, see `docs/benchmarks.md`.

use sha2::block_api::compress256;

const BLOCK: usize = 64;

/// The state that SHA-256 starts from (FIPS 180-4, 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Two hashes in the making.
#[derive(Debug, Clone)]
pub(crate) struct TwinSha256 {
    /// The whole stream's, where it is wanted.
    stream: Option<[u32; 8]>,
    stream_length: u64,
    file: [u32; 8],
    file_length: u64,
    /// Bytes short of a block. Between `begin_file` and `end_file` they are the file's as well.
    pending: [u8; BLOCK],
    pending_length: usize,
}

impl TwinSha256 {
    /// Hashes files, and the stream that they lie in if `stream` says so.
    pub(crate) fn new(stream: bool) -> Self {
        Self {
            stream: stream.then_some(START),
            stream_length: 0,
            file: START,
            file_length: 0,
            pending: [0; BLOCK],
            pending_length: 0,
        }
    }

    /// Takes in bytes of the stream that belong to no file.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        if self.stream.is_some() {
            self.stream_length += bytes.len() as u64;
            self.take(bytes, |twin, blocks| {
                if let Some(stream) = &mut twin.stream {
                    compress256(stream, blocks);
                }
            });
        }
    }

    /// Begins a file. Gives false where the stream is in the middle of a block, so that the file
    /// has to be hashed by itself; in an archive of whole blocks that never happens.
    pub(crate) fn begin_file(&mut self) -> bool {
        self.file = START;
        self.file_length = 0;
        self.pending_length == 0
    }

    /// Takes in bytes of the file at hand, which are the stream's as well.
    pub(crate) fn update_file(&mut self, bytes: &[u8]) {
        self.stream_length += bytes.len() as u64;
        self.file_length += bytes.len() as u64;
        self.take(bytes, |twin, blocks| match &mut twin.stream {
            Some(stream) => compress_both(stream, &mut twin.file, blocks),
            None => compress256(&mut twin.file, blocks),
        });
    }

    /// The hash of the file at hand.
    pub(crate) fn end_file(&mut self) -> [u8; 32] {
        let hash = finish(self.file, self.file_length, &self.pending[..self.pending_length]);
        if self.stream.is_none() {
            self.pending_length = 0;
        }
        hash
    }

    /// The hash of the whole stream, where it was wanted.
    pub(crate) fn finish_stream(self) -> Option<[u8; 32]> {
        let pending = &self.pending[..self.pending_length];
        self.stream.map(|state| finish(state, self.stream_length, pending))
    }

    fn take(&mut self, mut bytes: &[u8], mut compress: impl FnMut(&mut Self, &[[u8; BLOCK]])) {
        if self.pending_length > 0 {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.pending_length));
            self.pending[self.pending_length..self.pending_length + now.len()].copy_from_slice(now);
            self.pending_length += now.len();
            bytes = later;
            if self.pending_length < BLOCK {
                return;
            }
            let block = self.pending;
            compress(self, &[block]);
        }
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        if !blocks.is_empty() {
            compress(self, blocks);
        }
        self.pending[..rest.len()].copy_from_slice(rest);
        self.pending_length = rest.len();
    }
}

/// The hash, after the padding of FIPS 180-4, 5.1.1.
fn finish(mut state: [u32; 8], length: u64, pending: &[u8]) -> [u8; 32] {
    let mut last = [[0_u8; BLOCK]; 2];
    let flat = last.as_flattened_mut();
    flat[..pending.len()].copy_from_slice(pending);
    flat[pending.len()] = 0x80;
    let blocks = if pending.len() < BLOCK - 8 { 1 } else { 2 };
    flat[blocks * BLOCK - 8..blocks * BLOCK].copy_from_slice(&(length * 8).to_be_bytes());
    compress256(&mut state, &last[..blocks]);
    let mut hash = [0; 32];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

fn compress_both(first: &mut [u32; 8], second: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("sha")
        && std::arch::is_x86_feature_detected!("sse4.1")
        && std::arch::is_x86_feature_detected!("ssse3")
    {
        #[expect(unsafe_code, reason = "the processor was asked for the instructions just above")]
        // SAFETY: `interleaved` needs the features sha, sse4.1 and ssse3, which were detected.
        unsafe {
            x86::interleaved(first, second, blocks);
        }
        return;
    }
    compress256(first, blocks);
    compress256(second, blocks);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! Two chains of rounds over one message schedule, with the SHA extensions.

    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x,
        _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
        _mm_shuffle_epi32,
    };

    use super::BLOCK;

    /// The round constants of SHA-256 (FIPS 180-4, 4.2.2).
    const K: [u32; 64] = [
        0x428a_2f98,
        0x7137_4491,
        0xb5c0_fbcf,
        0xe9b5_dba5,
        0x3956_c25b,
        0x59f1_11f1,
        0x923f_82a4,
        0xab1c_5ed5,
        0xd807_aa98,
        0x1283_5b01,
        0x2431_85be,
        0x550c_7dc3,
        0x72be_5d74,
        0x80de_b1fe,
        0x9bdc_06a7,
        0xc19b_f174,
        0xe49b_69c1,
        0xefbe_4786,
        0x0fc1_9dc6,
        0x240c_a1cc,
        0x2de9_2c6f,
        0x4a74_84aa,
        0x5cb0_a9dc,
        0x76f9_88da,
        0x983e_5152,
        0xa831_c66d,
        0xb003_27c8,
        0xbf59_7fc7,
        0xc6e0_0bf3,
        0xd5a7_9147,
        0x06ca_6351,
        0x1429_2967,
        0x27b7_0a85,
        0x2e1b_2138,
        0x4d2c_6dfc,
        0x5338_0d13,
        0x650a_7354,
        0x766a_0abb,
        0x81c2_c92e,
        0x9272_2c85,
        0xa2bf_e8a1,
        0xa81a_664b,
        0xc24b_8b70,
        0xc76c_51a3,
        0xd192_e819,
        0xd699_0624,
        0xf40e_3585,
        0x106a_a070,
        0x19a4_c116,
        0x1e37_6c08,
        0x2748_774c,
        0x34b0_bcb5,
        0x391c_0cb3,
        0x4ed8_aa4a,
        0x5b9c_ca4f,
        0x682e_6ff3,
        0x748f_82ee,
        0x78a5_636f,
        0x84c8_7814,
        0x8cc7_0208,
        0x90be_fffa,
        0xa450_6ceb,
        0xbef9_a3f7,
        0xc671_78f2,
    ];

    /// A state in the order in which the instructions want it.
    #[derive(Clone, Copy)]
    struct State {
        abef: __m128i,
        cdgh: __m128i,
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn load(state: &[u32; 8]) -> State {
        let [a, b, c, d, e, f, g, h] = state.map(u32::cast_signed);
        State { abef: _mm_set_epi32(a, b, e, f), cdgh: _mm_set_epi32(c, d, g, h) }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn store(state: State) -> [u32; 8] {
        let State { abef, cdgh } = state;
        [
            _mm_extract_epi32::<3>(abef),
            _mm_extract_epi32::<2>(abef),
            _mm_extract_epi32::<3>(cdgh),
            _mm_extract_epi32::<2>(cdgh),
            _mm_extract_epi32::<1>(abef),
            _mm_extract_epi32::<0>(abef),
            _mm_extract_epi32::<1>(cdgh),
            _mm_extract_epi32::<0>(cdgh),
        ]
        .map(i32::cast_unsigned)
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn words(block: &[u8; BLOCK], quarter: usize) -> __m128i {
        let half = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&block[at..at + 8]);
            i64::from_le_bytes(bytes)
        };
        let big_endian = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
        _mm_shuffle_epi8(_mm_set_epi64x(half(quarter * 16 + 8), half(quarter * 16)), big_endian)
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn four_rounds(state: &mut State, sum: __m128i, high: __m128i) {
        state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, sum);
        state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, high);
    }

    #[target_feature(enable = "sha,sse4.1,ssse3")]
    pub(super) fn interleaved(first: &mut [u32; 8], second: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
        let (mut one, mut two) = (load(first), load(second));
        for block in blocks {
            let (one_before, two_before) = (one, two);
            let mut w = [words(block, 0), words(block, 1), words(block, 2), words(block, 3)];
            for step in 0..16 {
                let at = step % 4;
                if step >= 4 {
                    let (next, last, before) = (w[(at + 1) % 4], w[(at + 3) % 4], w[(at + 2) % 4]);
                    let sum =
                        _mm_add_epi32(_mm_sha256msg1_epu32(w[at], next), _mm_alignr_epi8::<4>(last, before));
                    w[at] = _mm_sha256msg2_epu32(sum, last);
                }
                let k = |offset: usize| K[step * 4 + offset].cast_signed();
                let sum = _mm_add_epi32(w[at], _mm_set_epi32(k(3), k(2), k(1), k(0)));
                let high = _mm_shuffle_epi32::<0x0e>(sum);
                four_rounds(&mut one, sum, high);
                four_rounds(&mut two, sum, high);
            }
            one.abef = _mm_add_epi32(one.abef, one_before.abef);
            one.cdgh = _mm_add_epi32(one.cdgh, one_before.cdgh);
            two.abef = _mm_add_epi32(two.abef, two_before.abef);
            two.cdgh = _mm_add_epi32(two.cdgh, two_before.cdgh);
        }
        (*first, *second) = (store(one), store(two));
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    fn sha256(bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }

    /// Bytes without a pattern, the same in every run.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state as u8
            })
            .collect()
    }

    #[test]
    fn stream_and_files_hash_as_each_would_alone_however_they_are_cut() {
        for piece in [1, 7, 63, 64, 65, 511, 512, 4_000] {
            for size in [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1_000, 5_000] {
                let (head, file, tail) = (noise(512), noise(size), vec![0; (512 - size % 512) % 512]);
                for wanted in [true, false] {
                    let mut twin = TwinSha256::new(wanted);
                    for _ in 0..2 {
                        head.chunks(piece).for_each(|bytes| twin.update(bytes));
                        assert!(twin.begin_file());
                        file.chunks(piece).for_each(|bytes| twin.update_file(bytes));
                        assert_eq!(twin.end_file(), sha256(&file), "file of {size} by {piece}");
                        tail.chunks(piece).for_each(|bytes| twin.update(bytes));
                    }
                    let whole = [&head[..], &file, &tail, &head, &file, &tail].concat();
                    assert_eq!(twin.finish_stream(), wanted.then(|| sha256(&whole)), "{size} by {piece}");
                }
            }
        }
    }

    #[test]
    fn a_file_that_starts_inside_a_block_must_be_hashed_by_itself() {
        let mut twin = TwinSha256::new(true);
        twin.update(b"abc");
        assert!(!twin.begin_file());
    }
}
