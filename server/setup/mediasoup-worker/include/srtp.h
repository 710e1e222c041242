// The calls of libsrtp 3 that mediasoup's worker makes, on top of libsrtp 2.
//
// Version 3 has an opaque policy object filled by setters where version 2 has a plain struct, and writes
// to a separate output buffer where version 2 works in place. As the signatures differ, the overloads
// below stand beside the functions of version 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// Version 2 calls its struct what version 3 calls a pointer.
#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

// Errors that only version 3 has; version 2 never returns these values.
constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(1001);
constexpr auto srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(1002);

struct srtp3_policy
{
	srtp2_policy_t v2{};
	uint8_t keyAndSalt[SRTP_MAX_KEY_LEN]{};
};

using srtp_policy_t = srtp3_policy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy           = new srtp3_policy;
	(*policy)->v2.key = (*policy)->keyAndSalt;

	return srtp_err_status_ok;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	// The key must not stay readable in freed memory.
	volatile uint8_t* key = policy->keyAndSalt;

	for (size_t i = 0; i < sizeof(policy->keyAndSalt); ++i)
	{
		key[i] = 0;
	}

	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->v2.ssrc = ssrc;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	const auto status = srtp_crypto_policy_set_from_profile_for_rtp(&policy->v2.rtp, profile);

	if (status != srtp_err_status_ok)
	{
		return status;
	}

	return srtp_crypto_policy_set_from_profile_for_rtcp(&policy->v2.rtcp, profile);
}

inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLen,
  const uint8_t* salt,
  size_t saltLen,
  const uint8_t* /*mki*/,
  size_t mkiLen)
{
	if (keyLen + saltLen > sizeof(policy->keyAndSalt) || mkiLen != 0)
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->keyAndSalt, key, keyLen);
	std::memcpy(policy->keyAndSalt + keyLen, salt, saltLen);

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->v2.allow_repeat_tx = allow;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t size)
{
	policy->v2.window_size = size;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	return srtp_create(session, &policy->v2);
}

inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return srtp_remove_stream(session, ssrc);
}

// Runs one of version 2's in-place functions from `in` to `out`. `growth` is what it may append.
template<typename InPlace>
inline srtp_err_status_t srtp3_out_of_place(
  InPlace inPlace, srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t growth)
{
	if (inLen + growth > *outLen)
	{
		return srtp_err_status_buffer_small;
	}

	if (out != in)
	{
		std::memmove(out, in, inLen);
	}

	auto len          = static_cast<int>(inLen);
	const auto status = inPlace(session, out, &len);

	if (status == srtp_err_status_ok)
	{
		*outLen = static_cast<size_t>(len);
	}

	return status;
}

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t /*mkiIndex*/)
{
	const auto inPlace = [](srtp_t s, uint8_t* data, int* len) { return srtp_protect(s, data, len); };

	return srtp3_out_of_place(inPlace, session, in, inLen, out, outLen, SRTP_MAX_TRAILER_LEN);
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t /*mkiIndex*/)
{
	const auto inPlace = [](srtp_t s, uint8_t* data, int* len) { return srtp_protect_rtcp(s, data, len); };

	return srtp3_out_of_place(inPlace, session, in, inLen, out, outLen, SRTP_MAX_TRAILER_LEN + 4);
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen)
{
	const auto inPlace = [](srtp_t s, uint8_t* data, int* len) { return srtp_unprotect(s, data, len); };

	return srtp3_out_of_place(inPlace, session, in, inLen, out, outLen, 0);
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen)
{
	const auto inPlace = [](srtp_t s, uint8_t* data, int* len) { return srtp_unprotect_rtcp(s, data, len); };

	return srtp3_out_of_place(inPlace, session, in, inLen, out, outLen, 0);
}
